"""Whatever is broken, `dharma check` says so: it never exits 0, and never with a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dharma.errors import InputError
from dharma.policy.engine import Documents, Embedded, Failure
from dharma.policy.rule import load_rules

ROOT = Path(__file__).parents[2]
HEAD = """\
# METADATA
# title: Probe
# description: A rule of a test.
# custom:
#   id: probe/one
#   severity: deny
#   kinds: ["*"]
#   remediation: {text: Mend it., good: good, bad: bad}
#   controls: {}
package dharma.probe.one

"""
FINDING = 'finding := {"message": "m", "path": ""}'
FAULTY = {
    "a failing built-in": "deny contains finding if {\n\tto_number(input.object.kind) > 1\n\t"
    + FINDING
    + "\n}",
    "no value": "deny := set() if input.absent",
    "another shape": 'deny contains "text"',
    "a finding without message": 'deny contains {"path": ""}',
    "two values": "deny := set()\n\ndeny := {1}",
    "a circle": "deny contains 1 if other\n\nother if count(deny) == 0",
    "division by zero": "deny contains 1 if 1 / count(object.get(input, {}, {})) > 0",
}
REFUSED = {
    "http.send": 'deny contains http.send({"method": "get", "url": "https://h.example"})',
    "opa.runtime": "deny contains opa.runtime()",
    "net.lookup_ip_addr": 'deny contains net.lookup_ip_addr("h.example")',
}

Break = Callable[[Path], object]


def dharma(root: Path, *arguments: str, seconds: int = 60) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    code = "from dharma.cli import main; main()"
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    variables.pop("DHARMA_SCHEMAS", None)
    command = [sys.executable, "-c", code, "-C", str(root), *arguments]
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=seconds, check=False
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A new repository that passes; each test breaks a copy."""
    root = tmp_path_factory.mktemp("sound") / "platform"
    made = dharma(root.parent, "init", root.name, "--environment", "staging")
    assert made.returncode == 0, made.stderr
    (root / "environments/enforcement.yaml").unlink()
    checked = dharma(root, "check")
    assert checked.returncode == 0, checked.stdout
    return root


@pytest.fixture
def broken(sound, tmp_path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "platform"))


def _rule(root: Path, text: str | bytes) -> Path:
    path = root / "policies/rego/probe/one.rego"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root / "policies/rego"


def _judged(ran: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    said = ran.stdout + ran.stderr
    assert ran.returncode == code, said
    assert "Traceback" not in said
    assert all(word in said for word in words), said


@pytest.mark.parametrize("body", FAULTY.values(), ids=FAULTY)
def test_a_rule_that_breaks_when_it_runs_is_a_failure_or_is_not_loaded(tmp_path, body):
    rules = load_rules(_rule(tmp_path, HEAD + body + "\n"))
    try:
        engine = Embedded(rules)
    except InputError:
        return
    (answer,) = engine.evaluate(rules.rules[0], Documents(['{"object": {"kind": "Pod"}}']))
    assert isinstance(answer, Failure)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_a_rule_that_would_look_outside_is_refused_with_its_place(tmp_path, body):
    rules = load_rules(_rule(tmp_path, HEAD + body + "\n"))
    with pytest.raises(InputError, match=r"policies/rego/probe/one\.rego:12:"):
        Embedded(rules)


POISONED = {
    "the rule's own set": {"dharma": {"probe": {"one": {"deny": []}}}},
    "its package as text": {"dharma": {"probe": "gone"}},
    "all packages as a list": {"dharma": []},
}


@pytest.mark.parametrize("data", POISONED.values(), ids=POISONED)
def test_data_in_a_rules_place_never_silences_it(tmp_path, data):
    rules = load_rules(_rule(tmp_path, HEAD + 'deny contains {"message": "m", "path": ""}\n'))
    try:
        (answer,) = Embedded(rules, data).evaluate(rules.rules[0], Documents(["{}"]))
    except InputError:
        return
    assert answer != ()


def _truncated(root: Path) -> None:
    _rule(root, (HEAD + "deny contains finding if {\n\t" + FINDING + "\n}\n")[:-20])


def _bomb(root: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (root / "environments/waivers.yaml").write_text(
        "\n".join(["a0: &a0 [x, x]", *levels, "waivers: *a8", ""])
    )


def _huge(root: Path) -> None:
    with (root / "environments/staging.yaml").open("ab") as file:
        file.write(b"# padding\n" * (5 << 20))


def _unknown_kind(root: Path) -> None:
    assert dharma(root, "new", "component", "probe").returncode == 0
    chart, base = root / "components/probe/chart.py", root / "environments/base.yaml"
    chart.write_text(chart.read_text().replace('"ConfigMap"', '"ConfigMop"'))
    base.write_text(base.read_text().replace("components:\n", "components:\n  probe: {}\n", 1))


BROKEN: dict[str, tuple[Break, int, str]] = {
    "a failing rule": (
        lambda root: _rule(root, HEAD + FAULTY["a failing built-in"] + "\n"),
        1,
        "could not be evaluated",
    ),
    "a forbidden built-in": (
        lambda root: _rule(root, HEAD + REFUSED["http.send"] + "\n"),
        2,
        "policies/rego/probe/one.rego:12:",
    ),
    "a truncated rule": (_truncated, 2, "policies/rego/probe/one.rego:"),
    "a rule that is no text": (lambda root: _rule(root, HEAD.encode() + b"# \xff"), 2, "is not UTF-8"),
    "an unknown kind": (_unknown_kind, 2, "ConfigMop"),
    "malformed waivers": (
        lambda root: (root / "environments/waivers.yaml").write_text("waivers: [\n"),
        2,
        "environments/waivers.yaml",
    ),
    "a bomb of aliases": (_bomb, 2, "environments/waivers.yaml"),
    "50 MB of declarations": (_huge, 2, "is larger than 1 MiB"),
    "an unknown rule in enforcement": (
        lambda root: (root / "environments/enforcement.yaml").write_text("enforcement: {images/digst: {}}\n"),
        2,
        "images/digest",
    ),
}


@pytest.mark.parametrize(("harm", "code", "word"), BROKEN.values(), ids=BROKEN)
def test_a_broken_repository_never_passes(broken, harm, code, word):
    harm(broken)
    _judged(dharma(broken, "check"), code, word)
