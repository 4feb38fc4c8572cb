"""dharma comply on the shipped platform: exit codes, files, and what it refuses."""

import json

import pytest
from click.testing import CliRunner, Result

from dharma.cli.comply import command
from dharma.errors import InputError
from dharma.gate import rules_of
from tests.compliance.samples import check, constraint, finding

NAMES = [rule.id for rule in rules_of(None).rules]
TODAY = ("--today", "2027-01-31")


@pytest.fixture
def comply(repository):
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, obj=str(repository))

    return run


@pytest.fixture
def write(tmp_path):
    def to(name: str, value: object) -> str:
        (tmp_path / name).write_text(json.dumps(value))
        return str(tmp_path / name)

    return to


def test_a_clean_check_exits_0_and_a_broken_rule_1(comply, write):
    rules = dict.fromkeys(NAMES, 3)
    clean = write("clean.json", check(rules=rules))
    broken = write("broken.json", check(finding("workloads/privileged"), rules=rules))
    assert comply("matrix", "--ci", clean, *TODAY).exit_code == 0
    ran = comply("matrix", "--ci", broken, *TODAY, "--format", "json")
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["broken"] is True


def test_gatekeeper_counts_and_unknown_constraints_are_said(comply, write):
    items = [
        *constraint("DharmaWorkloadsPrivileged", 2)["items"],
        *constraint("DharmaGoneRule", 0)["items"],
    ]
    audit = write("constraints.json", {"kind": "List", "items": items})
    ran = comply("matrix", "--audit", audit, *TODAY, "--framework", "pss")
    assert ran.exit_code == 1
    assert "DharmaWorkloadsPrivileged/all (deny): 2 violations" in ran.stdout
    assert "DharmaGoneRule" in ran.stdout
    assert "Trust Services" not in ran.stdout


def test_the_definition_is_the_same_on_the_same_day(comply, tmp_path):
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        assert comply("oscal", *TODAY, "--output", str(file)).exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    metadata = json.loads(files[0].read_text())["component-definition"]["metadata"]
    assert metadata["last-modified"] == "2027-01-31T00:00:00+00:00"


def test_without_a_commit_the_day_must_be_said(platform_copy):
    ran = CliRunner().invoke(command, ["oscal"], obj=str(platform_copy))
    assert isinstance(ran.exception, InputError)
    assert "Add --today DAY" in str(ran.exception)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000], ids=["empty", "open", "list", "deep"])
def test_a_file_that_is_no_report_is_bad_input(comply, tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    for option in ("--ci", "--audit"):
        assert isinstance(comply("matrix", option, str(path), *TODAY).exception, InputError)


def test_a_control_that_cannot_be_is_bad_input(platform_copy):
    shipped = next(rule for rule in rules_of(None).rules if rule.id == "workloads/privileged")
    own = platform_copy / "policies" / "rego" / "own"
    own.mkdir(parents=True)
    text = shipped.source.replace("workloads/privileged", "own/rule").replace("5.2.2", "9.9.9")
    (own / "rule.rego").write_text(text.replace("dharma.workloads.privileged", "dharma.own.rule"))
    ran = CliRunner().invoke(command, ["matrix", *TODAY], obj=str(platform_copy))
    assert isinstance(ran.exception, InputError)
    assert "'9.9.9'" in str(ran.exception)
