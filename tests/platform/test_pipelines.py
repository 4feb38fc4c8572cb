"""The jobs that `dharma new pipeline` writes: valid, least privileged, and run for real by a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from dharma.errors import InputError
from dharma.scaffold.pipeline import FILES, pins_of, pipeline_files, unresolved

DIGEST = "sha256:" + "1" * 64
SCHEMAS = {"github": "schemastore/github-workflow.json", "gitlab": "gitlab/gitlab-ci.json"}


def _document(forge: str) -> dict:
    (text,) = pipeline_files(forge, "main", 0, {}).values()
    document = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in document.items()}


def _scripts(forge: str) -> Iterator[tuple[str, str]]:
    """Every shell text of a pipeline, by its job."""
    (text,) = pipeline_files(forge, "main", 0, {}).values()
    if forge == "jenkins":
        yield from enumerate(re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL))
        return
    jobs = _document(forge)
    for name, job in (jobs["jobs"] if forge == "github" else jobs).items():
        if forge == "github":
            yield from ((f"{name}-{number}", one["run"]) for number, one in enumerate(job["steps"]))
        elif isinstance(job, dict) and "script" in job:
            yield name, "\n".join([*jobs[".dharma"]["before_script"], *job["script"]])


@pytest.mark.parametrize("forge", SCHEMAS)
def test_a_pipeline_is_what_the_schema_of_its_forge_asks_for(catalogue, forge):
    schema = json.loads((catalogue / "misc" / SCHEMAS[forge]).read_text())
    jsonschema.validators.validator_for(schema)(schema).validate(_document(forge))


def test_the_jenkinsfile_has_the_sections_of_a_declarative_pipeline():
    """Jenkins alone can validate one; this holds sections, nesting and quotes."""
    (text,) = pipeline_files("jenkins", "main", 0, {}).values()
    bare = re.sub(r"'''.*?'''|'[^'\n]*'|^//[^\n]*$", "''", text, flags=re.DOTALL | re.MULTILINE)
    depth, sections = 0, []
    for token in re.findall(r"(\w+)?(?:\([^()]*\))?\s*([{}])", bare):
        depth += 1 if token[1] == "{" else -1
        assert depth >= 0
        if token[1] == "{":
            sections.append((depth, token[0]))
    assert depth == 0
    assert sections[0] == (1, "pipeline")
    assert [name for level, name in sections if level == 2] == ["options", "stages"]
    inner = {name for level, name in sections if level == 4}
    assert inner <= {"steps", "when", "post"}
    assert bare.count("stage(") == sum(name == "steps" for _, name in sections) == 3


@pytest.mark.parametrize("forge", FILES)
def test_the_shell_of_each_step_is_sound(forge, tmp_path):
    checker = shutil.which(
        "shellcheck", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    for name, script in _scripts(forge):
        path = tmp_path / f"{name}.sh"
        path.write_text(f"#!/bin/bash\n{script}\n")
        subprocess.run(["bash", "-n", path], check=True)
        if checker:
            said = subprocess.run([checker, path], capture_output=True, text=True, check=False)
            assert said.returncode == 0, said.stdout


def test_each_github_job_has_the_rights_it_needs_and_none_more():
    document = _document("github")
    assert document["permissions"] == {}
    assert {name: job["permissions"] for name, job in document["jobs"].items()} == {
        "check": {"contents": "read"},
        "scan": {"contents": "read", "security-events": "write"},
        "comment": {"contents": "read", "pull-requests": "write"},
        "promote": {"contents": "write"},
    }


def test_github_runs_no_action_of_somebody_else_and_puts_no_expression_into_a_script():
    for job in _document("github")["jobs"].values():
        assert all("uses" not in step and "${{" not in step["run"] for step in job["steps"])


def test_a_merge_queue_is_checked_and_promotions_never_overlap_or_stop():
    document = _document("github")
    assert document["on"]["merge_group"] == {"types": ["checks_requested"]}
    assert "push" in document["jobs"]["check"]["if"]
    assert document["jobs"]["promote"]["concurrency"] == {"group": "promote", "cancel-in-progress": False}
    assert _document("gitlab")["promote"]["resource_group"] == "promote"


def test_an_image_is_pinned_only_by_a_digest_that_was_given():
    assert unresolved("gitlab", {}) == 1
    assert "@" not in _document("gitlab")["default"]["image"]
    pins = pins_of("gitlab", (f"python:3.12={DIGEST}",))
    assert unresolved("gitlab", pins) == 0
    assert f"image: python:3.12@{DIGEST}" in next(iter(pipeline_files("gitlab", "main", 0, pins).values()))


@pytest.mark.parametrize("pin", ["python:3.12=latest", f"ruby={DIGEST}", "python"])
def test_a_pin_that_cannot_be_is_refused(pin):
    with pytest.raises(InputError):
        pins_of("gitlab", (pin,))


def test_a_branch_cannot_break_out_of_the_file():
    with pytest.raises(InputError):
        pipeline_files("github", 'main"\njobs: {}', 0, {})


def test_the_hooks_for_the_pre_commit_framework_can_be_used(catalogue, repository):
    schema = json.loads((catalogue / "misc/schemastore/pre-commit-config.json").read_text())
    hooks = yaml.safe_load((repository / ".pre-commit-hooks.yaml").read_text())
    own = {"repo": "https://git.example/dharma", "rev": "v1", "hooks": [{"id": hook["id"]} for hook in hooks]}
    jsonschema.validators.validator_for(schema)(schema).validate({"repos": [own]})
    for hook in hooks:
        assert {"id", "name", "entry", "language"} <= set(hook)
        assert re.search(hook["files"], "environments/base.yaml")
        assert re.search(hook["files"], "platform/generated/staging/region-a/x.yaml")
        assert not re.search(hook["files"], "docs/README.md")


# The GitHub job in a repository of its own.


def _environment(folder: Path) -> dict[str, str]:
    """As a runner has it; pip finds the Dharma that is being tested instead of asking an index."""
    site = next(path for path in sys.path if path.endswith("site-packages"))
    root = str(Path(__file__).parents[2])
    return os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([root, site]),
        "PIP_NO_INDEX": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
    }


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=_environment(folder.parent),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A platform repository whose default branch is what its declarations say."""
    folder = tmp_path_factory.mktemp("forge")
    (folder / "gitconfig").write_text(
        "[user]\nname = Test\nemail = test@localhost\n[init]\ndefaultBranch = main\n"
        "[uploadpack]\nallowAnySHA1InWant = true\n"
    )
    root = folder / "platform"
    _dharma(folder, "init", "platform")
    _dharma(root, "set", "image", "hello", DIGEST)
    _dharma(root, "new", "pipeline", "github")
    _dharma(root, "build")
    _git(root, "init", "--quiet", "--initial-branch", "main")
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", "start")
    return root


def _dharma(folder: Path, *arguments: str) -> None:
    code = "import sys; from dharma.cli import main; main(sys.argv[1:])"
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=_environment(folder if (folder / "gitconfig").exists() else folder.parent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def _job(origin: Path, work: Path) -> tuple[str, str, str]:
    """The steps of the job `check`, each by a shell of its own as the runner starts it: the step that failed,
    what was printed, and the outputs."""
    workflow = yaml.safe_load((origin / FILES["github"]).read_text())
    work.mkdir()
    temp = work.with_suffix(".temp")
    temp.mkdir()
    files = {name: temp / name.lower() for name in ("GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        path.touch()
    environment = _environment(origin.parent) | {
        **{name: str(path) for name, path in files.items()},
        "RUNNER_TEMP": str(temp),
        "GITHUB_SERVER_URL": f"file://{origin.parent}",
        "GITHUB_REPOSITORY": origin.name,
        "GITHUB_SHA": _git(origin, "rev-parse", "change"),
        "TOKEN": "none",
        **workflow["env"],
    }
    said = ""
    for step in workflow["jobs"]["check"]["steps"]:
        script = temp / "step.sh"
        script.write_text(step["run"])
        path = os.pathsep.join([*reversed(files["GITHUB_PATH"].read_text().split()), environment["PATH"]])
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=work,
            env=environment | {"PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        said += ran.stdout
        if ran.returncode:
            return step["name"], said, files["GITHUB_OUTPUT"].read_text()
    return "", said, files["GITHUB_OUTPUT"].read_text()


def _change(origin: Path, *, digest: bool, build: bool) -> None:
    _git(origin, "switch", "--quiet", "--force-create", "change", "main")
    _dharma(origin, "new", "service", "invoices", "--tenant", "demo")
    if digest:
        _dharma(origin, "set", "image", "invoices", DIGEST)
    if build:
        _dharma(origin, "build")
    _git(origin, "add", "--all")
    _git(origin, "commit", "--quiet", "--message", "change")
    _git(origin, "switch", "--quiet", "main")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("digest", "build", "failed", "what"),
    [
        pytest.param(True, True, "", "### Passed", id="good"),
        pytest.param(False, True, "Check", "title=images/placeholder", id="denied"),
        pytest.param(True, False, "generated/ is what the declarations say", "invoices", id="stale"),
    ],
)
def test_the_github_job_is_green_for_a_good_change_and_red_for_a_bad_one(
    origin, tmp_path, digest, build, failed, what
):
    _change(origin, digest=digest, build=build)
    step, said, outputs = _job(origin, tmp_path / "work")
    assert step == failed, said
    assert what in said + outputs
    assert ("### Denied" in outputs) is (failed == "Check")
