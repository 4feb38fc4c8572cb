"""The commands that README and CONTRIBUTING show are run, and what they name exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
PAGES = ("README.md", "CONTRIBUTING.md", "bench/README.md", *DOCS)
COMMANDS = [
    (page, line)
    for page in PAGES
    for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith((".venv/bin/dharma", "dharma "))
]
WRITING = ("new ", "init ", "set ", "schemas ", "promote ", "rollback ")


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[f"{page}: {line}" for page, line in COMMANDS])
def test_a_shown_command_works(page, line):
    words = shlex.split(line, comments=True)[1:]
    if line.split("dharma ", 1)[1].startswith(WRITING):
        words = [*[word for word in words if not word.startswith("-")][:2], "--help"]
    run = subprocess.run(
        [sys.executable, "-c", "from dharma.cli import main; main()", *words],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, f"{page}: {line}\n{run.stdout[-500:]}{run.stderr[-1500:]}"


def test_the_readme_shows_commands():
    assert any(page == "README.md" for page, _ in COMMANDS)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    text = (ROOT / page).read_text()
    folder = (ROOT / page).parent
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (folder / link).exists()] == []
