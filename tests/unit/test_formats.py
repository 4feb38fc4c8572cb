"""Reports for CI systems: JUnit, GitHub's workflow commands and GitLab's Code Quality."""

from __future__ import annotations

import dataclasses
import json
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from dharma.cli.terminal import safe
from dharma.errors import Origin
from dharma.gate import SHIPPED_RULES, Report
from dharma.policy.finding import Finding
from dharma.policy.rule import load_rules
from dharma.report import github, gitlab, junit
from dharma.report.cause import cause

TARGET = "production/region-a"
PLACE = Origin("environments/services/checkout.yaml", 4, 9)
DENIED = Finding(
    "images/digest",
    "deny",
    "names no digest",
    TARGET,
    "services",
    "apps/Deployment/shop/checkout",
    "spec.image",
    "Pin it.",
    Origin("components/services/chart.py", 53),
    (Origin("environments/base.yaml", 2, 1), PLACE, Origin(PLACE.file, 7)),
    f"{TARGET}/services/deployment.yaml",
)
WARNED = dataclasses.replace(DENIED, level="warn", rule="images/tag")
WAIVED = dataclasses.replace(DENIED, waiver="SHOP-1", rule="images/registry")
OLD = dataclasses.replace(DENIED, age="old", rule="mesh/mtls")
MENDED = dataclasses.replace(DENIED, age="mended", message="gone")
FAILED = dataclasses.replace(DENIED, failed=True, rule="rules/evaluates")
EVIL = "%0A::add-mask::x\r\n::error::\x1b[2J, a:b \u2028\ud800\x00]]><b>&"
RULES = tuple(rule for rule in load_rules(SHIPPED_RULES).rules if not rule.id.startswith("fleet/"))[:3]


def _report(*findings: Finding) -> Report:
    met = {rule.id: 5 for rule in RULES}
    return Report(findings, RULES, met, (TARGET,), 5, 0, 0, "embedded")


@pytest.fixture(scope="module")
def schema(catalogue):
    return xmlschema.XMLSchema(catalogue / "misc" / "junit" / "junit-10.xsd")


def _case(report: Report, rule: str) -> ET.Element:
    root = ET.fromstring(junit.text(report))  # noqa: S314 - our own text
    (case,) = (one for one in root.iter("testcase") if one.get("name") == rule)
    return case


@pytest.mark.parametrize(
    "findings",
    [
        (),
        (DENIED, WARNED, WAIVED, OLD, MENDED, FAILED),
        (dataclasses.replace(DENIED, message=EVIL, target=EVIL),),
    ],
    ids=["none", "every state", "hostile"],
)
def test_junit_is_what_the_schema_asks_for(schema, findings):
    schema.validate(junit.text(_report(*findings)))


@given(st.text())
def test_junit_is_well_formed_whatever_a_finding_says(said):
    finding = dataclasses.replace(DENIED, message=said, subject=said, remedy=said)
    text = junit.text(_report(finding))
    assert _case(_report(finding), "images/digest").find("failure") is not None
    assert safe(text) == text


@pytest.mark.parametrize(
    ("finding", "tags"),
    [
        pytest.param(DENIED, ["failure"], id="denied"),
        pytest.param(FAILED, ["error"], id="failed itself"),
        pytest.param(WAIVED, ["skipped", "system-out"], id="waived"),
        pytest.param(WARNED, ["system-out"], id="warning"),
        pytest.param(OLD, ["system-out"], id="old"),
    ],
)
def test_a_junit_case_says_what_came_of_its_rule(finding, tags):
    assert [child.tag for child in _case(_report(finding), finding.rule)] == tags


def test_a_waived_junit_case_names_the_ticket():
    assert "SHOP-1" in _case(_report(WAIVED), WAIVED.rule).find("skipped").get("message")


def test_junit_has_a_case_of_each_rule_and_target_and_counts_them():
    root = ET.fromstring(junit.text(_report(DENIED, FAILED, WAIVED)))  # noqa: S314 - our own text
    (suite,) = root
    assert suite.get("name") == TARGET
    assert len(suite.findall("testcase")) == int(root.get("tests")) == len(RULES) + 3
    assert [suite.get(name) for name in ("failures", "errors", "skipped")] == ["1", "1", "1"]


def test_the_cause_is_the_file_that_says_most_then_python_then_what_was_generated():
    assert cause(DENIED) == PLACE
    assert cause(DENIED, "platform/").file == f"platform/{PLACE.file}"
    bare = dataclasses.replace(DENIED, origins=())
    assert cause(bare) == DENIED.source
    assert cause(dataclasses.replace(bare, source=None)).file == f"generated/{DENIED.file}"


def test_a_github_annotation_names_the_cause_first_and_the_generated_file_in_its_message():
    first, notice = github.lines(_report(DENIED))
    assert first == (
        "::error file=environments/services/checkout.yaml,line=4,col=9,title=images/digest::"
        "production/region-a Deployment shop/checkout spec.image: names no digest%0APin it.%0A"
        "generated/production/region-a/services/deployment.yaml"
    )
    assert notice.startswith("::notice title=dharma check::5 objects of 1 targets")


def test_github_shows_ten_of_each_the_gravest_first_and_counts_the_others():
    many = [dataclasses.replace(DENIED, message=str(number)) for number in range(12)]
    some = [dataclasses.replace(WARNED, message=str(number)) for number in range(11)]
    lines = list(github.lines(_report(*many, FAILED, *some, WAIVED, OLD, MENDED)))
    assert [line.split()[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"]
    assert "title=rules/evaluates" in lines[0]
    assert "3 errors and 1 warnings more are not shown here." in lines[-1]


def _unescaped(text: str, codes: dict[str, str]) -> str:
    """As the runner reads it: `%25` last."""
    for code, char in codes.items():
        text = text.replace(code, char)
    return text.replace("%25", "%")


LINES = {"%0D": "\r", "%0A": "\n"}


@given(st.text(st.characters(codec="ascii", exclude_categories=("Cc",)) | st.sampled_from("%\r\n:,")))
def test_the_runner_reads_back_what_was_escaped(said):
    assert _unescaped(github.escaped(said), LINES) == said
    assert _unescaped(github.escaped_property(said), {**LINES, "%3A": ":", "%2C": ","}) == said


@given(st.text())
def test_no_finding_can_start_a_workflow_command_of_its_own(said):
    hostile = dataclasses.replace(DENIED, message=said, rule=said, origins=(Origin(said, 1),))
    for line in github.lines(_report(hostile)):
        assert line.splitlines() == [line]
        assert line.startswith(("::error file=", "::notice "))
        assert safe(line) == line
    assert not set(github.escaped_property(said)) & set("\r\n:,")


def test_gitlab_issues_have_the_documented_fields():
    issues = gitlab.document(_report(DENIED, WARNED, WAIVED, OLD, FAILED, MENDED))
    assert [one["severity"] for one in issues] == ["critical", "minor", "info", "major", "blocker"]
    assert issues[0]["location"] == {"path": PLACE.file, "lines": {"begin": 4}}
    assert issues[0]["check_name"] == "images/digest"
    assert issues[0]["description"].endswith("names no digest")


def test_gitlab_fingerprints_are_unique_and_do_not_depend_on_lines():
    moved = dataclasses.replace(DENIED, origins=(Origin(PLACE.file, 99),), source=None)
    prints = [one["fingerprint"] for one in gitlab.document(_report(DENIED, DENIED, WARNED))]
    assert len(set(prints)) == 3
    assert gitlab.document(_report(moved))[0]["fingerprint"] == prints[0]


@given(st.text())
def test_json_formats_survive_what_the_terminal_would_escape(said):
    text = json.dumps(gitlab.document(_report(dataclasses.replace(DENIED, message=said))))
    assert json.loads(safe(text))[0]["description"].endswith(said)


@pytest.mark.parametrize("form", ["junit", "github", "gitlab"])
def test_check_reports_a_folder_of_objects_in_every_format(dharma, tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: one, namespace: shop}\n"
        "spec: {containers: [{name: one, image: 'nginx:latest', securityContext: {privileged: true}}]}\n"
    )
    ran = dharma("check", "pod.yaml", "--format", form)
    assert ran.code == 1, ran.err
    assert "pod.yaml" in ran.out
