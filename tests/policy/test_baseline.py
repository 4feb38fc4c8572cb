"""Findings aged against an earlier commit, in real Git repositories."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from git import Repo

from dharma import baseline, environment, gate
from dharma.build import Plan, build
from dharma.cli import main
from dharma.errors import InputError
from dharma.policy.finding import Finding
from dharma.report import json as as_json
from dharma.report import markdown, sarif, terminal

TODAY = date(2026, 12, 1)
TARGET = "production/region-a"
EMPTY = gate.Report((), (), {}, (TARGET,), 0, 0, 0, "embedded")


def _report(*rules: str) -> gate.Report:
    return replace(EMPTY, findings=tuple(Finding(rule, "deny", "m", subject="/Pod/a/b") for rule in rules))


@pytest.fixture
def git(platform_copy: Path) -> Repo:
    """The shipped environments as the first commit of `main`."""
    repository = Repo.init(platform_copy, initial_branch="main")
    with repository.config_writer() as config:
        config.set_value("user", "name", "shop").set_value("user", "email", "shop@platform.example")
    _commit(repository)
    return repository


def _commit(repository: Repo) -> str:
    repository.git.add("--all")
    return str(repository.index.commit("change").hexsha)


def _service(root: Path, old: str, new: str) -> None:
    file = root / "environments" / "services" / "storefront.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def _aged(root: Path, catalogue: Path, ref: str = "main") -> gate.Report:
    plan = Plan(root, (catalogue,))
    chosen = environment.load(root).select([TARGET])
    now = gate.check(plan, build(plan, chosen), chosen, TODAY, whole=False)
    return baseline.against(now, plan, ref, [TARGET], TODAY)


def _ages(report: gate.Report, rule: str) -> set[str]:
    return {one.age for one in report.findings if one.rule == rule}


@pytest.mark.parametrize(
    ("now", "before", "ages", "blocked"),
    [
        pytest.param(["a/a"], [], {"a/a": "new"}, True, id="new"),
        pytest.param(["a/a"], ["a/a"], {"a/a": "old"}, False, id="old"),
        pytest.param([], ["a/a"], {"a/a": "mended"}, False, id="mended"),
        pytest.param(["a/a", "b/b"], ["b/b", "c/c"], {"a/a": "new", "b/b": "old", "c/c": "mended"}, True,
                     id="all three"),
    ],
)  # fmt: skip
def test_a_finding_is_as_old_as_its_identity(now, before, ages, blocked):
    report = baseline.aged(_report(*now), _report(*before))
    assert {one.rule: one.age for one in report.findings} == ages
    assert report.blocked is blocked


def test_only_what_a_change_adds_blocks(git, platform_copy, catalogue):
    _service(platform_copy, "registry.example", "docker.io")
    first = _commit(git)
    old = _aged(platform_copy, catalogue, first)
    new = _aged(platform_copy, catalogue, "main~1")
    assert _ages(old, "images/registry") == {"old"}
    assert not old.blocked
    assert _ages(new, "images/registry") == {"new"}
    assert new.blocked
    _service(platform_copy, "docker.io", "registry.example")
    mended = _aged(platform_copy, catalogue, first)
    assert _ages(mended, "images/registry") == {"mended"}
    assert not mended.blocked


def test_without_a_ref_it_is_where_head_left_the_default_branch(git, platform_copy):
    fork = git.head.commit.hexsha
    git.git.checkout("-b", "change")
    _service(platform_copy, "registry.example", "docker.io")
    _commit(git)
    git.git.checkout("main")
    (platform_copy / "notes.txt").write_text("meanwhile")
    _commit(git)
    git.git.checkout("change")
    assert baseline.resolve(platform_copy, "").hexsha == fork


@pytest.mark.parametrize("ref", ["nowhere", "--help", "-x", "main:environments", "../../x", "0" * 40])
def test_a_ref_that_names_no_commit_is_bad_input(git, platform_copy, ref):
    assert git.head.is_valid()
    with pytest.raises(InputError, match="names no commit"):
        baseline.resolve(platform_copy, ref)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param((), 1, id="all"),
        pytest.param(("--base",), 0, id="since the default branch"),
        pytest.param(("--base=main~1",), 1, id="since a commit"),
        pytest.param(("--base=nowhere",), 2, id="since nothing"),
    ],
)
def test_the_command_exits_by_what_is_new(git, platform_copy, catalogue, monkeypatch, arguments, code):
    monkeypatch.setenv("DHARMA_SCHEMAS", str(catalogue))
    _service(platform_copy, "registry.example", "docker.io")
    _commit(git)
    with pytest.raises(SystemExit) as stop:
        main(["-C", str(platform_copy), "check", "--today=2026-12-01", TARGET, *arguments])
    assert int(stop.value.code or 0) == code


def test_outside_git_there_is_no_base(platform_copy):
    with pytest.raises(InputError, match="is in no Git repository"):
        baseline.resolve(platform_copy, "")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        pytest.param("broken", "is not YAML", id="not YAML"),
        pytest.param("link", "is no regular file (mode 120000)", id="symbolic link"),
        pytest.param("large", "is larger than 1 MiB", id="too large"),
        pytest.param("absent", "is not there", id="no environments"),
    ],
)
def test_a_base_that_does_not_load_leaves_all_new_and_says_why(git, platform_copy, catalogue, kind, why):
    folder = platform_copy / "environments"
    match kind:
        case "broken":
            (folder / "services" / "bad.yaml").write_text("a: [")
        case "link":
            (folder / "services" / "bad.yaml").symlink_to("/etc/hostname")
        case "large":
            (folder / "bad.yaml").write_text("#" * (2 << 20))
        case "absent":
            folder.rename(platform_copy / "moved")
    ref = _commit(git)
    git.git.checkout("main~1", "--detach")
    if kind != "absent":
        assert not (folder / "services" / "bad.yaml").exists()
    _service(platform_copy, "registry.example", "docker.io")
    report = _aged(platform_copy, catalogue, ref)
    (said,) = [one for one in report.findings if one.rule == baseline.RULE]
    assert said.level == "warn"
    assert why in said.message
    assert {one.age for one in report.findings} == {"new"}
    assert report.blocked


def test_the_bases_files_lie_in_a_private_folder_only_while_they_are_needed(git, platform_copy):
    with baseline.declared(platform_copy, git.head.commit) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(environment.load(folder, platform_copy).targets) == 9
        assert not (folder / "components").exists()
    assert not folder.exists()


def test_code_of_the_base_is_never_run(git, platform_copy, tmp_path, catalogue):
    component = platform_copy / "components" / "probe"
    component.mkdir(parents=True)
    ran = tmp_path / "ran"
    (component / "options.py").write_text(f"open({str(ran)!r}, 'w')\n")
    ref = _commit(git)
    (component / "options.py").unlink()
    report = _aged(platform_copy, catalogue, ref)
    assert not ran.exists()
    assert {one.age for one in report.findings} == {"old"}


def test_every_format_shows_the_age():
    report = baseline.aged(_report("a/a", "b/b"), replace(_report("b/b", "c/c"), base="0123abc"))
    text, page = "\n".join(terminal.lines(report)), markdown.text(report)
    assert "m (old)" in text
    assert "MENDED since 0123abc (1)\n  - c/c" in text
    assert "since 0123abc 1 new, 1 old, 1 mended" in text
    assert "2 deny" in text
    assert "m (old)" in page
    assert "mended: `c/c` (1)" in page
    states = [one["baselineState"] for one in sarif.document(report)["runs"][0]["results"]]
    assert states == ["new", "unchanged", "absent"]
    document = json.loads(json.dumps(as_json.document(report)))
    assert document["base"] == "0123abc"
    assert [one["age"] for one in document["findings"]] == ["new", "old", "mended"]


def test_without_a_base_no_age_is_told():
    result = sarif.document(_report("a/a"))["runs"][0]["results"][0]
    assert "baselineState" not in result
    assert "since" not in "\n".join(terminal.lines(_report("a/a")))
