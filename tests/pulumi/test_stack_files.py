"""`dharma stacks`: files that never diverge from the declarations, and keep what people wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from ruamel.yaml import YAML

from dharma import environment
from dharma.cli import main
from dharma.delivery.pulumi import stack_name, target_of
from dharma.errors import InputError
from dharma.stacks import program

FILE = "stacks/config/Pulumi.production.region-a.yaml"
OWN = """\
# Ours.
encryptionsalt: v1:salt
config:
  dharma:kubeContext: old # by hand
  dharma:repositoryPassword:
    secure: v1:cipher
  dharma:protect: "false"
"""
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def stacks(platform_copy, capsys) -> Run:
    """Run `dharma stacks` in a copy of the shipped environments; code, and everything it said."""

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stop:
            main(["-C", str(platform_copy), "stacks", *arguments])
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out + said.err

    return run


@pytest.fixture
def written(platform_copy, stacks) -> Path:
    stacks("--write")
    return platform_copy


def test_the_shipped_files_are_as_declared(repository, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["-C", str(repository), "stacks", "--check"])
    assert stop.value.code in (0, None), capsys.readouterr().err


def test_every_target_has_a_stack_of_its_own(fleet):
    names = [stack_name(target) for target in fleet.targets]
    assert len(set(names)) == len(fleet.targets)
    assert [target_of(name, fleet).name for name in names] == [target.name for target in fleet.targets]


def test_a_stack_of_no_target_is_refused_with_the_nearest_name(fleet):
    with pytest.raises(InputError, match="is the stack of no declared target") as caught:
        target_of("production.region-z", fleet)
    assert "production.region-" in caught.value.problems[0].mend


def test_a_program_of_no_target_ends_without_a_traceback(repository, monkeypatch):
    monkeypatch.chdir(repository)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "nowhere.region-a")
    with pytest.raises(pulumi.RunError, match="is the stack of no declared target") as caught:
        program.main()
    assert caught.value.__suppress_context__


def test_a_repository_without_stacks_gets_project_program_and_files(platform_copy, stacks):
    code, _ = stacks("--check")
    assert code == 1
    assert stacks("--write")[0] == 0
    assert stacks("--check")[0] == 0
    project = YAML(typ="safe").load(platform_copy / "Pulumi.yaml")
    assert (platform_copy / project["main"] / "__main__.py").is_file()
    assert len(list((platform_copy / project["stackConfigDir"]).glob("Pulumi.*.yaml"))) == 9


def test_what_is_written_is_what_the_checkout_holds(repository, written):
    for path in ("Pulumi.yaml", FILE, "stacks/__main__.py"):
        assert (written / path).read_text() == (repository / path).read_text(), path


def test_the_second_run_writes_nothing(written, stacks):
    before = {path: path.stat().st_mtime_ns for path in written.rglob("Pulumi*.yaml")}
    _, said = stacks("--write")
    assert "0 files written" in said
    assert {path: path.stat().st_mtime_ns for path in written.rglob("Pulumi*.yaml")} == before


def test_secrets_comments_and_own_keys_stay(written, stacks):
    (written / FILE).write_text(OWN)
    stacks("--write")
    text = (written / FILE).read_text()
    assert "# Ours." in text
    assert "# by hand" in text
    said = YAML(typ="safe").load(text)
    assert said["encryptionsalt"] == "v1:salt"
    assert said["config"]["dharma:repositoryPassword"] == {"secure": "v1:cipher"}
    assert said["config"]["dharma:protect"] == "false"
    assert said["config"]["dharma:kubeContext"] == "prod-a"
    assert said["config"]["dharma:target"] == "production/region-a"


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        pytest.param(
            FILE,
            ("kubeContext: prod-a", "kubeContext: prod-b"),
            f"{FILE}:5:23: dharma:kubeContext",
            id="stack",
        ),
        pytest.param(
            "environments/production.yaml",
            ("kubeContext: prod-a", "kubeContext: prod-new"),
            "prod-new",
            id="declaration",
        ),
    ],
)
def test_a_difference_is_drift_at_its_line_until_it_is_written(written, stacks, file, change, said):
    path = written / file
    path.write_text(path.read_text().replace(*change))
    code, text = stacks("--check")
    assert code == 1
    assert said in text
    assert "dharma stacks --write" in text
    stacks("--write")
    assert stacks("--check")[0] == 0


def test_a_file_of_no_target_is_drift_and_is_not_removed(written, stacks):
    stranger = written / "stacks" / "config" / "Pulumi.gone.region-a.yaml"
    stranger.write_text("config: {}\n")
    code, text = stacks("--check")
    assert code == 1
    assert "stands for no declared target" in text
    stacks("--write")
    assert stranger.is_file()


def test_a_renamed_target_takes_its_stack_along(written, stacks):
    path = written / "environments" / "production.yaml"
    path.write_text(path.read_text().replace("id: prod-a", "id: prod-a\n      moved: [production/old]"))
    (written / "stacks" / "config" / "Pulumi.production.old.yaml").write_text("config: {}\n")
    _, text = stacks("--check")
    assert "pulumi stack rename production.region-a" in text


def test_a_list_shows_what_is_missing(platform_copy, stacks):
    code, text = stacks()
    assert code == 0
    assert text.count("is not there") == len(environment.load(platform_copy).targets)


def test_a_link_in_place_of_a_stack_file_is_refused(written, stacks):
    (written / FILE).unlink()
    (written / FILE).symlink_to(written / "environments" / "base.yaml")
    before = (written / "environments" / "base.yaml").read_text()
    assert stacks("--write")[0] == 2
    assert (written / "environments" / "base.yaml").read_text() == before
