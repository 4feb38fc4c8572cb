"""The gate on the shipped platform and on small ones that are wrong on purpose."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from dharma import gate
from dharma.build import Plan, build
from dharma.environment import load
from dharma.policy.engine import Documents, Embedded, Failure
from dharma.policy.rule import RuleSet, load_rules
from dharma.report import json as as_json
from dharma.report import markdown, sarif, terminal

TODAY = date(2026, 12, 1)
RULE = """# METADATA
# title: Probe
# description: A rule of a test.
# custom:
#   id: probe/one
#   severity: deny
#   kinds: ["*"]
#   remediation: {text: Mend it., good: good, bad: bad}
#   controls: {}
package dharma.probe.one

deny contains finding if {
BODY
}
"""


@pytest.fixture(scope="module")
def shipped(repository, catalogue):
    return _report(repository, catalogue)


def _report(root: Path, catalogue: Path, *names: str, today: date = TODAY) -> gate.Report:
    fleet = load(root)
    chosen = fleet.select(names)
    plan = Plan(root, (catalogue,))
    return gate.check(plan, build(plan, chosen), chosen, today, whole=not names)


def _rules(folder: Path, body: str) -> RuleSet:
    path = folder / "probe" / "one.rego"
    path.parent.mkdir(parents=True)
    path.write_text(RULE.replace("BODY", body))
    return load_rules(folder)


def test_the_shipped_fleet_passes(shipped):
    denied = [terminal.where(finding) for finding in shipped.findings if finding.level == "deny"]
    assert denied == []
    assert not shipped.blocked


def test_every_rule_meets_objects_but_those_about_what_must_not_exist(shipped):
    unmet = {rule.id for rule in shipped.rules if not shipped.met.get(rule.id)}
    assert unmet == {rule.id for rule in shipped.rules if rule.metadata.absent}
    assert [finding for finding in shipped.findings if finding.rule == "rules/met"] == []


def test_a_finding_names_the_python_line_the_yaml_lines_and_the_file(shipped, repository):
    finding = next(one for one in shipped.findings if one.rule == "images/placeholder")
    assert finding.source is not None
    assert finding.source.file.startswith("components/services/")
    assert any(origin.file.startswith("environments/services/") for origin in finding.origins)
    assert (repository / "generated" / finding.file).is_file()


@pytest.mark.parametrize(
    ("service", "change", "rule"),
    [
        pytest.param(
            "storefront", ("image:", "variables: {API_PASSWORD: hunter}\nimage:"), "secrets/", id="secret"
        ),
        pytest.param("storefront", ("registry.example", "docker.io"), "images/registry", id="registry"),
    ],
)
def test_a_mistake_in_environments_is_denied_and_traced_to_its_line(
    platform_copy, catalogue, service, change, rule
):
    file = platform_copy / "environments" / "services" / f"{service}.yaml"
    file.write_text(file.read_text().replace(*change, 1))
    report = _report(platform_copy, catalogue, "production/region-a")
    found = [one for one in report.findings if one.rule.startswith(rule) and one.level == "deny"]
    assert report.blocked
    assert found
    assert any(origin.file.endswith(f"{service}.yaml") for one in found for origin in one.origins)


def test_a_rule_that_fails_is_a_finding_and_never_a_pass(tmp_path):
    rules = _rules(tmp_path, '\tto_number(input.object.metadata.name) > 1\n\tfinding := {"message": "m"}')
    (answer,) = Embedded(rules).evaluate(rules.rules[0], Documents(['{"object":{"metadata":{"name":"x"}}}']))
    assert isinstance(answer, Failure)
    assert answer.file == "policies/rego/probe/one.rego"


def test_an_answer_of_another_shape_is_a_failure(tmp_path):
    rules = _rules(tmp_path, '\tfinding := "just text"')
    (answer,) = Embedded(rules).evaluate(rules.rules[0], Documents(["{}"]))
    assert isinstance(answer, Failure)


@pytest.mark.parametrize(
    ("granted", "expires", "accepted", "complaint"),
    [
        pytest.param("2026-11-01", "2026-12-31", True, "", id="in force"),
        pytest.param("2026-11-01", "2026-12-01", True, "", id="on its last day"),
        pytest.param("2026-10-01", "2026-11-30", False, "expired on 2026-11-30", id="expired"),
        pytest.param("2026-11-01", None, False, "has no expiry, so it never matches", id="without expiry"),
        pytest.param("2026-11-01", "2027-11-01", False, "lasts 365 days; 180 are the most", id="too long"),
    ],
)
def test_a_waiver_accepts_only_while_it_is_in_force(
    platform_copy, catalogue, granted, expires, accepted, complaint
):
    file = platform_copy / "environments" / "services" / "storefront.yaml"
    file.write_text(file.read_text().replace("registry.example", "docker.io", 1))
    lines = [
        "waivers:", "  - rule: images/registry", '    scope: {objects: ["*/shop/storefront"]}',
        "    owner: shop", "    ticket: SHOP-1", "    reason: moving", f'    granted: "{granted}"',
        *([f'    expires: "{expires}"'] if expires else []),
    ]  # fmt: skip
    (platform_copy / "environments" / "waivers.yaml").write_text("\n".join(lines) + "\n")
    report = _report(platform_copy, catalogue, "production/region-a")
    assert report.blocked is not accepted
    complaints = [one.message for one in report.findings if one.rule == "waivers/in-force"]
    assert complaints == ([f"the waiver SHOP-1 of images/registry {complaint}"] if complaint else [])


def test_a_waiver_that_matches_nothing_is_a_finding(platform_copy, catalogue):
    (platform_copy / "environments" / "waivers.yaml").write_text(
        'waivers:\n  - {rule: images/tag, scope: {objects: ["*"]}, owner: shop, ticket: T-1, reason: old, '
        'granted: "2026-11-01", expires: "2026-12-31"}\n'
    )
    report = _report(platform_copy, catalogue, "development/region-a")
    assert "the waiver T-1 of images/tag matches no finding" in {one.message for one in report.findings}


def test_enforcement_sets_the_level_by_environment(platform_copy, catalogue):
    (platform_copy / "environments" / "enforcement.yaml").write_text(
        "enforcement:\n  images/placeholder:\n    environments: {production: {level: deny}}\n"
    )
    assert _report(platform_copy, catalogue, "production/region-a").blocked
    assert not _report(platform_copy, catalogue, "staging/region-a").blocked


def test_sarif_is_valid_and_points_at_the_cause(shipped, catalogue):
    schema = next((catalogue / "misc" / "sarif").glob("*.json"))
    document = sarif.document(shipped)
    jsonschema.validate(document, json.loads(schema.read_text()))
    result = next(one for one in document["runs"][0]["results"] if one["ruleId"] == "images/placeholder")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].startswith("components/")
    assert place["region"]["startLine"] > 1


def test_markdown_stays_under_the_size_that_forges_cut(shipped):
    many = dataclasses.replace(shipped, findings=shipped.findings * 40)
    for report in (shipped, many):
        assert len(markdown.text(report).encode()) <= 60_000


def test_json_holds_every_finding(shipped):
    document = json.loads(json.dumps(as_json.document(shipped)))
    assert len(document["findings"]) == len(shipped.findings)
    assert document["objects"] == shipped.objects


def test_terminal_names_rule_cause_and_remedy(shipped):
    text = "\n".join(terminal.lines(shipped))
    assert "images/placeholder" in text
    assert "environments/services/" in text
    assert f"{shipped.objects} objects of 9 targets" in text
