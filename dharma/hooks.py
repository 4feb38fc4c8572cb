"""Git's hooks and merge driver, which keep `generated/` what the declarations say.

A merge asks the driver for each file that both sides changed; `true` answers at once and keeps ours, for
what is kept is written anew: pre-merge-commit rebuilds and judges the whole tree once, before the merge is
committed. Git commits the index it had before that hook, so post-merge puts the rebuilt tree into the merge
commit. Of indexes both sides' lines are kept, so that the build knows every file that Dharma wrote on either
side. A rebase has no hook before its commits; post-rewrite mends the last of them.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from dharma.errors import InputError, Problem, ToolError

NAMES = ("pre-commit", "pre-merge-commit", "post-merge", "post-rewrite")
DECLARED = ("environments", "components", "policies", "charts.lock", "schemas", "requirements.txt")
TREE = "generated"
MARK = "# written by dharma hooks install"
ATTRIBUTES = (f"{TREE}/** merge=dharma", f"{TREE}/**/.dharma-index merge=union")
DRIVER = (("merge.dharma.name", "keep ours; the build writes it anew"), ("merge.dharma.driver", "true"))

_HOOK = Template("""\
#!/bin/sh
$mark
root="$$(git rev-parse --show-toplevel)"$below
$guard
exec $dharma -C "$$root" hooks run $name "$$@"
""")
_GUARD = Template("git diff --cached --quiet HEAD -- $paths 2>/dev/null && exit 0")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A platform repository's folder in a Git work tree, asked inside hooks too.

    Unlike delivery's, its commands keep Git's variables: `git commit -a` hands its index over in one.
    """

    root: Path

    def git(self, *arguments: str, text: str = "") -> str:
        """What a command prints; ToolError where it fails."""
        done = self.attempt(*arguments, text=text)
        if done.returncode:
            raise ToolError([Problem(f"git {arguments[0]}", (done.stderr or done.stdout).strip())])
        return done.stdout.removesuffix("\n")

    def attempt(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """A command that may fail."""
        command = ["git", "-C", str(self.root), *arguments]
        try:
            return subprocess.run(
                command,
                input=text,
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                check=False,
            )
        except OSError as error:
            raise ToolError([Problem("git", str(error))]) from None

    def names(self, *arguments: str) -> list[str]:
        """The paths that a command lists, which ends them with NUL."""
        return [name for name in self.git(*arguments).split("\0") if name]

    @property
    def merging(self) -> bool:
        """Whether what is committed is a merge."""
        return self.attempt("rev-parse", "--quiet", "--verify", "MERGE_HEAD").returncode == 0

    def relevant(self) -> bool:
        """Whether declarations or generated files are staged."""
        return bool(self.names("diff", "--cached", "--name-only", "-z", "--", *DECLARED, TREE))

    def unstaged(self, *paths: str) -> list[str]:
        """Files whose content is not what would be committed."""
        changed = self.names("diff", "--name-only", "-z", "--relative", "--", *paths)
        new = self.names("ls-files", "--others", "--exclude-standard", "-z", "--", *paths)
        return sorted({*changed, *new})

    def stage_tree(self) -> None:
        """Stage all of `generated/` as it is."""
        self.git("add", "--all", "--", TREE)

    def amend_tree(self) -> bool:
        """Give HEAD the staged tree, its parents, author and message kept; False where it is signed.

        Plumbing, because `git commit --amend` refuses while Git ends a merge.
        """
        head = self.git("rev-parse", "HEAD")
        commit = self.git("cat-file", "commit", head) + "\n"
        if "\ngpgsig" in commit.partition("\n\n")[0]:
            return False
        _, _, rest = commit.partition("\n")
        made = self.git(
            "hash-object", "-t", "commit", "-w", "--stdin", text=f"tree {self.git('write-tree')}\n{rest}"
        )
        self.git("update-ref", "-m", "dharma: rebuild generated/", "HEAD", made, head)
        return True

    @property
    def mark(self) -> Path:
        """Is there from the hook that rebuilds a merge's tree to the one that puts it into the commit."""
        return self.root / self.git("rev-parse", "--git-path", "dharma-rebuilt")


def install(root: Path) -> list[str]:
    """Write hooks, driver and attributes; what was written. InputError for others' hooks."""
    checkout = Checkout(root)
    folder = _folder(checkout)
    prefix = checkout.git("rev-parse", "--show-prefix").rstrip("/")
    below = f"/{shlex.quote(prefix)}" if prefix else ""
    hooks = {folder / name: _hook(below, name) for name in NAMES}
    if others := [path for path in hooks if _foreign(path)]:
        raise InputError(
            Problem(str(path), "is somebody's hook", f'Call in it: dharma hooks run {path.name} "$@"')
            for path in others
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in hooks.items():
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    for key, value in DRIVER:
        checkout.git("config", "--local", key, value)
    return [*map(str, hooks), *_attributes(root / ".gitattributes")]


def program() -> str:
    """The command beside the running Python, so that hooks need no PATH."""
    beside = Path(sys.executable).with_name("dharma")
    return shlex.quote(str(beside)) if beside.is_file() else "dharma"


def _folder(checkout: Checkout) -> Path:
    """Where Git looks for hooks; outside the repository they would be other repositories' too."""
    top = Path(checkout.git("rev-parse", "--show-toplevel")).resolve()
    common = (checkout.root / checkout.git("rev-parse", "--git-common-dir")).resolve()
    folder = Path(os.path.normpath(checkout.root / checkout.git("rev-parse", "--git-path", "hooks")))
    if not any(folder.resolve().is_relative_to(own) for own in (top, common)):
        mend = (
            "Set core.hooksPath to a folder of this repository, or call `dharma hooks run` from your hooks."
        )
        raise InputError([Problem(str(folder), "serves other repositories too", mend)])
    return folder


def _foreign(path: Path) -> bool:
    if not path.exists() and not path.is_symlink():
        return False
    return path.is_symlink() or MARK not in path.read_text(encoding="utf-8", errors="replace")


def _hook(below: str, name: str) -> str:
    """A hook finds its work tree when it runs, because linked work trees share the hooks of the first."""
    paths = " ".join(f'"$root"/{path}' for path in (*DECLARED, TREE))
    guard = {
        "pre-commit": _GUARD.substitute(paths=paths),
        "post-merge": 'test -e "$(git rev-parse --git-path dharma-rebuilt)" || exit 0',
        "post-rewrite": 'test "$1" = rebase || exit 0',
    }
    return _HOOK.substitute(mark=MARK, guard=guard.get(name, ""), dharma=program(), below=below, name=name)


def _attributes(path: Path) -> Sequence[str]:
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    missing = [line for line in ATTRIBUTES if line not in old.splitlines()]
    if not missing:
        return ()
    text = old if not old or old.endswith("\n") else f"{old}\n"
    path.write_text(text + "".join(f"{line}\n" for line in missing), encoding="utf-8")
    return (str(path),)
