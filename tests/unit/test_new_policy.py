"""New rules, waivers and the enforcement of a new repository."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from dharma import gate
from dharma.policy.engine import Documents, Embedded
from dharma.policy.waiver import load_waivers
from dharma_rego import Engine

OPA = shutil.which("opa") or next(iter(map(str, Path.home().glob(".cache/dharma/bin/opa"))), "")
RULES = {
    "deny": ("images/signed", ["--kind", "Deployment", "--kind", "argoproj.io/Rollout"]),
    "warn on all": ("probe/is-known", ["--severity", "warn"]),
    "fleet": ("fleet/targets-hold-objects", []),
}


@pytest.mark.parametrize(("name", "options"), RULES.values(), ids=RULES)
def test_a_new_rule_loads_and_its_tests_pass_at_once(platform_copy, dharma, name, options):
    ran = dharma("-C", platform_copy, "new", "rule", name, *options)
    assert ran.code == 0, ran.err
    path = platform_copy / "policies/rego" / f"{name.replace('-', '_')}.rego"
    test = path.with_name(f"{path.stem}_test.rego")
    engine = Engine([(str(one), one.read_text()) for one in (path, test)])
    package = f"data.dharma.{name.replace('-', '_').replace('/', '.')}_test"
    cases = [line.split()[0] for line in test.read_text().splitlines() if line.startswith("test_")]
    assert {case: engine.eval(f"{package}.{case}") for case in cases} == dict.fromkeys(cases, "true")
    assert name in {rule.id for rule in gate.rules_of(platform_copy).rules}
    Embedded(gate.rules_of(platform_copy))
    if OPA:
        for arguments in (["fmt", "--list", "--fail"], ["check", "--strict"], ["test"]):
            checked = subprocess.run(
                [OPA, *arguments, path, test], capture_output=True, text=True, check=False
            )
            assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_new_rule_fires_in_the_gate(platform_copy, dharma):
    dharma("-C", platform_copy, "new", "rule", "probe/reviewed", "--kind", "Service")
    rules = gate.rules_of(platform_copy)
    (rule,) = (one for one in rules.rules if one.id == "probe/reviewed")
    (said,) = Embedded(rules).evaluate(rule, Documents(['{"object": {"kind": "Service"}}']))
    assert said == ({"message": "nobody says that it was reviewed", "path": "metadata.annotations"},)


BAD_RULES = {
    "no category": (["signed"], "is no CATEGORY/NAME"),
    "capitals": (["images/Signed"], "is no CATEGORY/NAME"),
    "a path": (["../images/signed"], "is no CATEGORY/NAME"),
    "a test": (["images/signed-test"], "is no CATEGORY/NAME"),
    "a library": (["lib/signed"], "holds a reserved word"),
    "a word of Rego": (["images/default"], "holds a reserved word"),
    "is there": (["images/digest"], "is there already"),
    "no kind": (["images/signed", "--kind", "deployments"], "is no kind"),
}


@pytest.mark.parametrize(("arguments", "what"), BAD_RULES.values(), ids=BAD_RULES)
def test_a_bad_rule_is_refused_and_nothing_is_written(platform_copy, dharma, arguments, what):
    ran = dharma("-C", platform_copy, "new", "rule", *arguments)
    assert (ran.code, what in ran.err) == (2, True), ran.err
    assert not (platform_copy / "policies").exists()


# ---- waivers --------------------------------------------------------------------------------

GRANT = ("new", "waiver", "images/tag", "--object", "apps/*/shop/*", "--owner", "shop", "--ticket", "S-1")
GRANT = (*GRANT, "--reason", 'moves: "soon"', "--today", "2026-12-01", "--days")
ENTRY = """- {rule: images/digest, scope: {objects: ["*"]}, owner: shop, ticket: S-0, reason: old,
INDENT  granted: "2026-11-01", expires: "2026-12-31"} # kept
"""
FILES = {
    "absent": None,
    "empty": "",
    "only a comment, no line end": "# why",
    "two spaces": "# head\nwaivers:\n  " + ENTRY.replace("INDENT", "  "),
    "no spaces": "waivers:\n" + ENTRY.replace("INDENT", ""),
    "comment at the end": "waivers:\n    " + ENTRY.replace("INDENT", "    ") + "# tail",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_waiver_is_appended_and_what_was_there_stays(platform_copy, dharma, text):
    path = platform_copy / "environments/waivers.yaml"
    if text is not None:
        path.write_text(text)
    ran = dharma("-C", platform_copy, *GRANT, 180)
    assert ran.code == 0, ran.err
    assert path.read_text().startswith(text or "")
    waiver = load_waivers(platform_copy)[0].waivers[-1]
    assert waiver.reason == 'moves: "soon"'
    assert (waiver.granted, waiver.expires) == ("2026-12-01", "2027-05-30")
    assert waiver.fault(date(2027, 5, 30)) == ""


BAD_WAIVERS = {
    "too long": ("waivers: []\n", [*GRANT, 181], "must be 1 to 180, not 181"),
    "no day": ("waivers: []\n", [*GRANT, 0], "must be 1 to 180, not 0"),
    "a flow list": ("waivers: []\n", [*GRANT, 30], "Write `waivers:` as a block list"),
    "not at the end": ("waivers: # none\nother: 1\n", [*GRANT, 30], "other"),
    "unknown rule": ("", [*(part.replace("images/tag", "images/tga") for part in GRANT), 30], "images/tag"),
}


@pytest.mark.parametrize(("text", "arguments", "what"), BAD_WAIVERS.values(), ids=BAD_WAIVERS)
def test_a_waiver_that_cannot_stand_changes_nothing(platform_copy, dharma, text, arguments, what):
    path = platform_copy / "environments/waivers.yaml"
    path.write_text(text)
    ran = dharma("-C", platform_copy, *arguments)
    assert (ran.code, what in ran.err) == (2, True), ran.err
    assert path.read_text() == text


# ---- a new repository -----------------------------------------------------------------------


def test_a_new_repository_refuses_placeholders_in_production_until_they_are_set(tmp_path, dharma):
    root = tmp_path / "new"
    assert dharma("init", root, "--environment", "staging", "--environment", "production").code == 0
    assert dharma("-C", root, "check", "staging/region-a").code == 0
    denied = dharma("-C", root, "check", "production/region-a")
    assert denied.code == 1
    assert "images/placeholder" in denied.out
    assert "dharma set image" in denied.out
    assert dharma("-C", root, "set", "image", "hello", f"sha256:{'0123456789abcdef' * 4}").code == 0
    passed = dharma("-C", root, "check", "production/region-a")
    assert passed.code == 0, passed.out
