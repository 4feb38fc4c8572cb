"""Promotion, rollback and what runs, in real Git repositories with a bare remote."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dharma.cli import main
from dharma.delivery import promotion, ring
from dharma.delivery.branch import Branches, Move
from dharma.errors import InputError, RefusedError, ToolError
from tests.unit.ringed import Ringed, git

DEVELOPMENT, STAGING = "deploy/development.region-a", "deploy/staging.region-a"
PRODUCTION = {"deploy/production.region-a", "deploy/production.region-b"}
DAY = "--today=2026-12-01"
ROOT = Path(__file__).parents[2]
_FROM_HERE = "from dharma.cli import main; main()"


@dataclass
class Fleet:
    """A checkout of `first`, its first commit, and the command run in it."""

    made: Ringed
    first: str
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run dharma here; what it printed."""
        with pytest.raises(SystemExit) as stop:
            main(["-C", str(self.made.root), *arguments])
        said = self.capsys.readouterr()
        assert int(stop.value.code or 0) == code, said.out + said.err
        return said.out + said.err

    def promote(self, *arguments: str, code: int = 0) -> str:
        return self.run("promote", DAY, *arguments, code=code)

    def trailers(self, branch: str) -> dict[str, str]:
        where = self.made.remote or self.made.root
        text = git(where, "show", "-s", "--format=%(trailers:only)", f"refs/heads/{branch}")
        return dict(line.split(": ", 1) for line in text.splitlines() if line)

    def branches(self) -> Branches:
        return Branches.around(self.made.root)

    def plan(self, source: str = "", **options: object) -> tuple[promotion.Opened, promotion.Promotion]:
        here = promotion.opened(self.made.root)
        found = promotion.planned(here, here.branches.source(source), here.fleet.targets, **options)  # type: ignore[arg-type]
        return here, found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ringed")
    Ringed(folder).merge()
    return folder


def _copied(template: Path, folder: Path) -> Ringed:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    made = Ringed.__new__(Ringed)
    made.root, made.remote = folder / "platform", folder / "remote.git"
    git(made.root, "remote", "set-url", "origin", made.remote)
    return made


@pytest.fixture
def fleet(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    """Three rings: development, staging, production's two regions; nothing was promoted yet."""
    made = _copied(template, tmp_path)
    return Fleet(made, git(made.root, "rev-parse", "HEAD"), capsys)


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Clusters cannot be asked here: every ring counts as Synced; the names that were asked for."""
    asked: list[str] = []

    def unready(_: Branches, held: list[ring.Held], __: Path | None) -> list[object]:
        asked.extend(target.name for target, _ in held)
        return []

    monkeypatch.setattr(promotion, "unready", unready)
    return asked


def _state(root: Path) -> tuple[str, ...]:
    """All that a promotion must leave alone: HEAD, the index, the work tree, local branches."""
    return (
        (root / ".git" / "HEAD").read_text(),
        git(root, "ls-files", "--stage"),
        git(root, "status", "--porcelain"),
        git(root, "for-each-ref", "refs/heads"),
    )


# ---- commits and branches -----------------------------------------------------------------------


def test_a_promotion_commits_the_targets_tree_and_nothing_else(fleet):
    before = _state(fleet.made.root)
    fleet.promote()
    assert fleet.made.tips().keys() == {DEVELOPMENT}
    files = git(fleet.made.remote, "ls-tree", "-r", "--name-only", DEVELOPMENT).split()
    assert files
    assert all(file.startswith("generated/development/region-a/") for file in files)
    path = "generated/development/region-a"
    trees = [
        git(fleet.made.root, "rev-parse", f"{ref}:{path}") for ref in (fleet.first, f"origin/{DEVELOPMENT}")
    ]
    assert trees[0] == trees[1]
    assert fleet.trailers(DEVELOPMENT) == {"Source": fleet.first, "Target": "development/region-a"}
    assert _state(fleet.made.root) == before


def test_the_second_promotion_has_nothing_to_do(fleet, healthy):
    fleet.promote("--to", "2")
    before = fleet.made.tips()
    assert before.keys() == {DEVELOPMENT, STAGING, *PRODUCTION}
    assert "nothing to do" in fleet.promote("--to", "2")
    assert fleet.made.tips() == before
    assert "staging/region-a" in healthy


@pytest.mark.usefixtures("healthy")
def test_history_continues_and_a_target_that_did_not_change_gets_no_commit(fleet):
    fleet.promote("--to", "2")
    before = fleet.made.tips()
    fleet.made.swap(
        "development.yaml",
        "description: development.",
        "description: development.\ncomponents: {probe: {message: own}}",
    )
    fleet.made.merge()
    fleet.promote("--to", "2")
    after = fleet.made.tips()
    assert {name for name in after if after[name] != before[name]} == {DEVELOPMENT}
    assert git(fleet.made.remote, "rev-parse", f"{DEVELOPMENT}~1") == before[DEVELOPMENT]


def test_without_a_remote_local_branches_move(tmp_path, capsys):
    made = Ringed(tmp_path, remote=False)
    fleet = Fleet(made, made.merge(), capsys)
    fleet.promote()
    assert made.tips().keys() == {DEVELOPMENT}


def test_what_was_not_pushed_is_pushed_by_the_next_promotion(fleet):
    fleet.promote("--no-push")
    local = git(fleet.made.root, "rev-parse", DEVELOPMENT)
    assert fleet.made.tips() == {}
    fleet.made.say("second")
    fleet.promote()
    assert git(fleet.made.remote, "rev-parse", f"{DEVELOPMENT}~1") == local


def test_a_branch_that_is_checked_out_is_left_alone(fleet):
    fleet.promote("--no-push")
    fleet.made.say("second")
    git(fleet.made.root, "checkout", "--quiet", "-b", "other")
    git(fleet.made.root, "symbolic-ref", "HEAD", f"refs/heads/{DEVELOPMENT}")
    assert "is checked out here" in fleet.promote("--no-push", code=2)


def test_uncommitted_changes_are_not_promoted_and_a_note_says_so(fleet):
    fleet.made.write("generated/development/region-a/probe/extra.yaml", "a: b\n")
    (fleet.made.root / "environments" / "staging.yaml").write_text("broken: [")
    said = fleet.promote()
    assert "uncommitted changes are not promoted" in said
    assert "extra.yaml" not in git(fleet.made.remote, "ls-tree", "-r", "--name-only", DEVELOPMENT)


@pytest.mark.parametrize("where", ["detached", "branch"])
def test_it_does_not_matter_what_is_checked_out(fleet, where):
    second = fleet.made.say("second")
    git(
        fleet.made.root,
        "checkout",
        "--quiet",
        *(["--detach"] if where == "detached" else ["-b", "work"]),
        "main~1",
    )
    before = _state(fleet.made.root)
    said = fleet.promote()
    assert fleet.trailers(DEVELOPMENT)["Source"] == second
    assert "is not checked out: its objects are judged as they stand" in said
    assert _state(fleet.made.root) == before


def test_only_the_first_ring_moves_and_a_dry_run_moves_none(fleet):
    said = json.loads(fleet.promote("--dry-run", "--format", "json"))
    assert fleet.made.tips() == {}
    assert (said["source"], said["rings"], said["refused"]) == (fleet.first, [0], [])
    assert [name for name, one in said["targets"].items() if one["moves"]] == ["development/region-a"]


# ---- what is refused ----------------------------------------------------------------------------


def test_a_commit_that_is_not_on_the_default_branch_is_refused(fleet):
    git(fleet.made.root, "checkout", "--quiet", "-b", "feature")
    fleet.made.remote, remote = None, fleet.made.remote
    feature = fleet.made.say("unmerged")
    fleet.made.remote = remote
    assert "is no commit of the default branch" in fleet.promote("--source", feature, code=2)
    assert fleet.made.tips() == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--source=nowhere"], "names no commit", id="source"),
        pytest.param(["--source=--help"], "names no commit", id="source like an option"),
        pytest.param(["--to=7"], "is the ring of no target", id="ring"),
        pytest.param(["nowhere"], "is not declared", id="target"),
        pytest.param(["--resume"], "names no target", id="resume all"),
        pytest.param(["--remote=upstream", "--push"], "is not there", id="remote"),
    ],
)
def test_bad_input_is_said_and_nothing_moves(fleet, arguments, said):
    assert said in fleet.promote(*arguments, code=2)
    assert fleet.made.tips() == {}


def test_stale_files_of_the_checked_out_source_are_refused(fleet):
    fleet.made.swap("base.yaml", "message: first", "message: second")
    fleet.made.commit()
    said = fleet.promote(code=1)
    assert (
        "are not what its declarations say: probe/.dharma-index, probe/configmap-development-region-a.yaml"
        in said
    )
    assert fleet.made.tips() == {}


def test_a_file_that_dharma_did_not_write_is_refused(fleet):
    fleet.made.write("generated/development/region-a/probe/extra.yaml", "apiVersion: v1\nkind: Pod\n")
    fleet.made.commit()
    assert "extra.yaml" in fleet.promote(code=1)


def _denied(fleet: Fleet) -> str:
    fleet.made.swap("base.yaml", "message: first", "message: first, wide: true")
    return fleet.made.merge()


def test_what_the_gate_denies_reaches_nobody(fleet):
    _denied(fleet)
    said = fleet.promote(code=1)
    assert "rbac/no-wildcards denies" in said
    assert fleet.made.tips() == {}


def test_what_the_gate_denies_is_refused_of_a_source_that_is_not_checked_out(fleet):
    denied = _denied(fleet)
    fleet.made.swap("base.yaml", ", wide: true", "")
    fleet.made.merge()
    said = fleet.promote("--source", denied, code=1)
    assert "rbac/no-wildcards denies" in said
    assert fleet.made.tips() == {}


def test_a_link_in_the_generated_tree_is_refused(fleet):
    (fleet.made.root / "generated/development/region-a/probe/link.yaml").symlink_to("/etc/hostname")
    fleet.made.commit()
    fleet.made.write("note.txt", "later")
    linked = git(fleet.made.root, "rev-parse", "HEAD")
    fleet.made.commit()
    for source in ("", linked):
        assert "is no regular file (mode 120000)" in fleet.promote("--source", source, code=1)


def test_a_hand_made_commit_on_a_deploy_branch_is_not_overwritten(fleet):
    fleet.promote()
    tree = git(fleet.made.root, "rev-parse", f"{fleet.first}^{{tree}}")
    own = git(fleet.made.root, "commit-tree", tree, "-m", "by hand", "-p", f"origin/{DEVELOPMENT}")
    git(fleet.made.root, "push", "--quiet", "origin", f"{own}:refs/heads/{DEVELOPMENT}")
    fleet.made.say("second")
    assert "names no commit of this repository" in fleet.promote(code=2)
    assert fleet.made.tip(DEVELOPMENT) == own


# ---- rings --------------------------------------------------------------------------------------


def test_a_ring_is_refused_while_the_one_before_cannot_be_asked(fleet, tmp_path):
    fleet.promote()
    empty = tmp_path / "kubeconfig"
    empty.write_text("apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n")
    said = fleet.promote("--kubeconfig", str(empty), code=1)
    assert "development/region-a: cannot be asked (context lab)" in said
    assert fleet.made.tips().keys() == {DEVELOPMENT}


def test_a_target_of_a_later_ring_waits_for_the_earlier_ones(fleet, healthy):
    said = fleet.promote("production/region-b", code=1)
    assert "development/region-a: of ring 0 was not given" in said
    assert "staging/region-a: of ring 1 was not given" in said
    assert fleet.made.tips() == {}
    assert healthy == []


def test_a_promotion_goes_up_to_a_ring_and_asks_the_one_before_each(fleet, healthy):
    fleet.promote("--to", "1")
    assert fleet.made.tips().keys() == {DEVELOPMENT, STAGING}
    assert healthy == ["development/region-a"]


def test_a_definition_that_loses_a_version_asks_the_cluster_first(fleet):
    fleet.made.versions("v1alpha1", "v1")
    fleet.promote()
    fleet.made.versions("v1alpha1", "v1", "v2")
    fleet.promote()
    given = fleet.made.tip(DEVELOPMENT)
    fleet.made.versions("v1", "v2")
    assert "development/region-a: cannot be asked (context lab)" in fleet.promote(code=1)
    assert fleet.made.tip(DEVELOPMENT) == given


def test_a_rollback_that_takes_a_version_back_asks_the_cluster_first(fleet):
    older = fleet.made.versions("v1")
    fleet.promote()
    fleet.made.versions("v1", "v2")
    fleet.promote()
    given = fleet.made.tip(DEVELOPMENT)
    said = fleet.run("rollback", "development/region-a", "--to", older, DAY, code=1)
    assert "cannot be asked (context lab)" in said
    assert fleet.made.tip(DEVELOPMENT) == given


def test_an_older_source_leaves_alone_who_has_a_later_one(fleet, healthy):
    second = fleet.made.say("second")
    fleet.promote()
    said = fleet.promote("--source", fleet.first)
    assert "which is later" in said
    assert fleet.trailers(DEVELOPMENT)["Source"] == second
    assert fleet.trailers(STAGING)["Source"] == fleet.first
    assert healthy == ["development/region-a"]


# ---- one of several at once ---------------------------------------------------------------------


@pytest.mark.usefixtures("healthy")
def test_of_two_promotions_at_once_the_later_one_loses_cleanly(fleet):
    fleet.promote("--to", "1")
    here, plan = fleet.plan()
    elsewhere = fleet.made.root.parent / "elsewhere"
    git(fleet.made.root.parent, "clone", "--quiet", fleet.made.remote, elsewhere)
    other = promotion.opened(elsewhere)
    theirs = promotion.planned(other, plan.source, other.fleet.targets)
    one_of_two = [step for step in theirs.moving(2) if step.target.region_name == "region-b"]
    promotion.carried(other.branches, theirs, one_of_two)
    before = fleet.made.tips()
    with pytest.raises(RefusedError, match="moved while this was prepared, so nothing was written"):
        promotion.carried(here.branches, plan, plan.moving(2))
    assert fleet.made.tips() == before
    assert "deploy/production.region-a" not in before


@pytest.mark.usefixtures("healthy")
def test_local_branches_move_all_or_none(fleet):
    fleet.promote("--to", "1", "--no-push")
    branches = Branches.around(fleet.made.root, push=False)
    tip = git(fleet.made.root, "rev-parse", STAGING)
    fine = Move(DEVELOPMENT, tip, here=git(fleet.made.root, "rev-parse", DEVELOPMENT))
    before = git(fleet.made.root, "for-each-ref")
    with pytest.raises(RefusedError, match="nothing was written"):
        branches.advance([fine, Move(STAGING, fine.here, here="0" * 39 + "1")])
    assert git(fleet.made.root, "for-each-ref") == before


def test_a_remote_that_refuses_leaves_all_as_it_was(fleet):
    hook = fleet.made.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho closed for the night >&2\nexit 1\n")
    hook.chmod(0o755)
    assert "closed for the night" in fleet.promote(code=3)
    assert fleet.made.tips() == {}


def test_a_remote_that_is_gone_is_a_failed_tool(fleet):
    shutil.rmtree(fleet.made.remote)
    assert "git ls-remote" in fleet.run("promote", code=3)


_KILLER = """\
#!/bin/sh
case " $* " in *" {verb} "*) count=$(($(cat {counter}) + 1)); echo $count > {counter}
  if [ $count = {number} ] && [ {when} = before ]; then kill -9 $PPID; exit 1; fi
  {git} "$@"; code=$?
  if [ $count = {number} ] && [ {when} = after ]; then kill -9 $PPID; fi
  exit $code;;
esac
exec {git} "$@"
"""
_MOMENTS = [
    (verb, number, when)
    for verb, count in (("mktree", 3), ("commit-tree", 2), ("push", 1), ("update-ref", 1))
    for number in range(1, count + 1)
    for when in ("before", "after")
]


@pytest.mark.parametrize(
    ("verb", "number", "when"), _MOMENTS, ids=["-".join(map(str, one)) for one in _MOMENTS]
)
@pytest.mark.usefixtures("healthy")
def test_a_promotion_that_is_killed_leaves_the_old_or_the_new_ring(fleet, tmp_path, verb, number, when):
    fleet.promote("--to", "1")
    before = fleet.made.tips()
    shim, counter = tmp_path / "bin" / "git", tmp_path / "counter"
    shim.parent.mkdir()
    counter.write_text("0")
    words = {"verb": verb, "number": number, "when": when, "counter": counter, "git": shutil.which("git")}
    shim.write_text(_KILLER.format(**words))
    shim.chmod(0o755)
    child = os.fork()
    if child == 0:
        os.environ["PATH"] = f"{shim.parent}:{os.environ['PATH']}"
        here, plan = fleet.plan()
        promotion.carried(here.branches, plan, plan.moving(2))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    after = fleet.made.tips()
    assert after.keys() - before.keys() in ({*()}, PRODUCTION)
    git(fleet.made.remote, "fsck", "--strict")
    fleet.promote("--to", "2")
    assert fleet.made.tips().keys() == {DEVELOPMENT, STAGING, *PRODUCTION}


# ---- rollback -----------------------------------------------------------------------------------


@pytest.fixture
def rolled(fleet: Fleet, healthy: list[str]) -> Fleet:
    """Everything has the second commit; staging was rolled back to the first."""
    fleet.promote("--to", "2")
    fleet.made.say("second")
    fleet.promote("--to", "2")
    assert healthy
    fleet.run("rollback", DAY, "staging/region-a", "--to", fleet.first)
    return fleet


def test_a_rollback_gives_the_old_tree_and_leaves_the_default_branch(rolled):
    wanted = {"Source": rolled.first, "Target": "staging/region-a", "Pinned": "true"}
    assert rolled.trailers(STAGING) == wanted
    trees = [git(rolled.made.remote, "rev-parse", f"{STAGING}{back}^{{tree}}") for back in ("", "~1", "~2")]
    assert trees[0] == trees[2] != trees[1]
    assert git(rolled.made.remote, "rev-parse", "main") == git(rolled.made.root, "rev-parse", "main")


def test_a_pinned_target_is_left_alone_until_it_is_resumed(rolled):
    third = rolled.made.say("third")
    said = rolled.promote()
    assert "staging/region-a: pinned" in said
    assert "dharma promote --resume staging/region-a" in said
    assert rolled.trailers(STAGING)["Source"] == rolled.first
    rolled.promote("--resume", "staging/region-a")
    assert rolled.trailers(STAGING) == {"Source": third, "Target": "staging/region-a"}


def test_a_ring_whose_every_target_is_pinned_proves_nothing(rolled):
    rolled.made.say("third")
    rolled.promote()
    assert "is pinned like all of ring 1" in rolled.promote("--to", "2", code=1)


def test_a_pinned_target_resumes_even_where_its_tree_stays_the_same(rolled):
    rolled.made.say("first")
    rolled.promote("--to", "0")
    rolled.promote("--resume", "staging/region-a")
    assert "Pinned" not in rolled.trailers(STAGING)


def test_the_second_rollback_has_nothing_to_do(rolled):
    before = rolled.made.tips()
    assert "is pinned to" in rolled.run("rollback", DAY, "staging/region-a", "--to", rolled.first)
    assert rolled.made.tips() == before


def test_a_rollback_to_what_is_there_pins_it(fleet):
    fleet.promote()
    fleet.run("rollback", DAY, "development/region-a", "--to", fleet.first)
    assert fleet.trailers(DEVELOPMENT)["Pinned"] == "true"


@pytest.mark.parametrize("case", ["later", "nothing", "absent"])
@pytest.mark.usefixtures("healthy")
def test_a_rollback_goes_only_to_what_was_there_before(fleet, case):
    fleet.promote()
    second = fleet.made.say("second")
    empty = git(
        fleet.made.root, "commit-tree", git(fleet.made.root, "mktree", "--missing", "-z"), "-m", "none"
    )
    name, source, said = {
        "later": ("development/region-a", second, "is no earlier than what it has"),
        "nothing": ("staging/region-a", fleet.first, "was given nothing yet"),
        "absent": ("development/region-a", empty, "is no commit of the default branch"),
    }[case]
    assert said in fleet.run("rollback", DAY, name, "--to", source, code=2)


@pytest.mark.usefixtures("healthy")
def test_a_rollback_that_todays_rules_deny_is_refused_until_a_waiver_accepts_it(fleet):
    fleet.promote()
    fleet.made.write("policies/rego/probe/quiet.rego", _QUIET)
    fleet.made.say("second")
    said = fleet.run("rollback", DAY, "development/region-a", "--to", fleet.first, code=1)
    assert "probe/quiet denies: says first" in said
    fleet.made.write("environments/waivers.yaml", _WAIVER)
    fleet.made.merge()
    fleet.run("rollback", DAY, "development/region-a", "--to", fleet.first)
    assert fleet.trailers(DEVELOPMENT)["Pinned"] == "true"


_QUIET = """\
# METADATA
# title: Settings do not say first
# description: |
#   A rule of this repository alone.
# custom:
#   id: probe/quiet
#   severity: deny
#   kinds: [ConfigMap]
#   remediation:
#     text: Say something else.
#     good: |
#       data: {message: second}
#     bad: |
#       data: {message: first}
#   controls: {}
package dharma.probe.quiet

deny contains finding if {
	input.object.data.message == "first"
	finding := {"message": "says first", "path": "data"}
}
"""
_WAIVER = """\
waivers:
  - rule: probe/quiet
    scope: {objects: ["*"]}
    owner: shop
    ticket: OPS-1
    reason: The old state must come back.
    granted: "2026-11-30"
    expires: "2026-12-30"
"""


# ---- renames ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("healthy")
def test_a_renamed_target_continues_its_history_and_keeps_the_old_branch(fleet):
    fleet.promote()
    old = fleet.made.tip(DEVELOPMENT)
    text = (fleet.made.root / "environments/development.yaml").read_text()
    new = text.replace("region-a:", "region-z:").replace(
        "cluster:\n", "cluster:\n      moved: [development/region-a]\n"
    )
    fleet.made.write("environments/development.yaml", new)
    fleet.made.merge()
    said = fleet.promote()
    assert f"which continues {DEVELOPMENT}; keep that until everything is Synced" in said
    assert git(fleet.made.remote, "rev-parse", "deploy/development.region-z~1") == old
    assert fleet.made.tip(DEVELOPMENT) == old
    assert fleet.trailers("deploy/development.region-z")["Target"] == "development/region-z"
    assert "nothing to do" in fleet.promote("--to", "0")


# ---- what runs ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("healthy")
def test_findings_are_as_old_as_what_each_target_runs(fleet):
    fleet.made.write("environments/waivers.yaml", _WAIVER.replace("probe/quiet", "rbac/no-wildcards"))
    _denied(fleet)
    fleet.promote()
    (fleet.made.root / "environments/waivers.yaml").unlink()
    fleet.made.merge()
    said = json.loads(
        fleet.run("check", DAY, "--base=running", "--format=json", code=1).partition("\n0 up")[0]
    )
    ages = {one["target"]: one["age"] for one in said["findings"] if one["rule"] == "rbac/no-wildcards"}
    assert said["base"] == "what runs"
    assert ages["staging/region-a"] == "new"
    unpromoted = {one["target"] for one in said["findings"] if one["rule"] == "baseline/loads"}
    assert unpromoted == {"staging/region-a", "production/region-a", "production/region-b"}


@pytest.mark.usefixtures("healthy")
def test_what_runs_already_does_not_block(fleet, monkeypatch):
    monkeypatch.setattr("dharma.cli.promote.approval", lambda *_: _approved())
    _denied(fleet)
    fleet.promote("--to", "2")
    fleet.made.say("second")
    assert "since what runs" in fleet.run("check", DAY, "--base=running")


def _approved() -> object:
    from dharma.delivery.approval import Judgement

    return Judgement()


# ---- the page -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("healthy")
def test_the_commands_of_the_page_work_in_their_order(fleet):
    fleet.promote("--to", "2")
    fleet.made.say("second")
    text = (ROOT / "docs" / "promotion.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("dharma ")]
    assert len(lines) > 5
    for line in lines:
        words = shlex.split(line.replace("SHA", fleet.first), comments=True)[1:]
        fleet.run(*words, *([DAY] if words[0] != "build" else []))


def test_the_command_is_found_without_this_process(fleet):
    command = [sys.executable, "-c", _FROM_HERE, "promote", "--dry-run"]
    done = subprocess.run(
        command, cwd=fleet.made.root, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "would be given" in done.stdout


def test_outside_git_it_is_bad_input(platform_copy):
    with pytest.raises(InputError, match="is in no Git repository"):
        promotion.opened(platform_copy)


def test_git_that_cannot_be_run_is_a_failed_tool(fleet, monkeypatch, tmp_path):
    branches = fleet.branches()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError):
        branches.default()
