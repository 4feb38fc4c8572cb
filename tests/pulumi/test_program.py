"""The program as Pulumi's language host starts it: a folder with __main__.py, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from dharma.stacks import configuration
from tests.pulumi.conftest import SECRETS

HOST = """
import runpy, sys
import pulumi
from pulumi.runtime import mocks, set_mocks
from pulumi.runtime.config import set_all_config
from tests.pulumi.conftest import SECRETS
import asyncio, json, os

class Mocks(mocks.Mocks):
    def call(self, args):
        return {}
    def new_resource(self, args):
        print(args.typ, args.name)
        return args.name, {}

asyncio.set_event_loop(asyncio.new_event_loop())
set_mocks(Mocks(), project="dharma", stack=sys.argv[2], preview=True)
set_all_config({**json.loads(sys.argv[3]), **SECRETS}, list(SECRETS))

@pulumi.runtime.test
def host():
    runpy.run_path(sys.argv[1], run_name="__main__")

try:
    host()
except pulumi.RunError as error:
    sys.exit(f"error: {error}")
"""


@pytest.fixture
def host(repository):
    """Run the program of a stack; what it registered, and what it said when it stopped."""

    def run(stack: str, config: dict[str, str]) -> tuple[list[str], str]:
        main = YAML(typ="safe").load(repository / "Pulumi.yaml")["main"]
        done = subprocess.run(
            [sys.executable, "-c", HOST, str(repository / main), stack, json.dumps(config)],
            cwd=repository,
            env={**os.environ, "PYTHONPATH": str(repository)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.splitlines(), done.stderr

    return run


def test_the_shipped_program_brings_up_the_stack_it_is_started_for(host, repository):
    file = repository / "stacks" / "config" / "Pulumi.staging.region-c.yaml"
    made, said = host("staging.region-c", YAML(typ="safe").load(file)["config"])
    assert "kubernetes:helm.sh/v4:Chart argo-cd" in made, said
    assert "kubernetes:argoproj.io/v1alpha1:Application argocd/root" in made


def test_what_is_wrong_is_told_with_its_line_and_without_a_traceback(host):
    made, said = host("staging.region-c", {"dharma:target": "staging/region-c", "dharma:cluster": "other"})
    assert made == []
    assert "Traceback" not in said
    assert "stacks/config/Pulumi.staging.region-c.yaml:" in said
    assert "environments/staging.yaml:" in said


def test_no_module_of_the_program_hides_one_of_python(repository):
    own = {path.stem for path in (repository / "stacks").glob("*.py")} - {"__init__", "__main__"}
    assert own
    assert not own & sys.stdlib_module_names


def test_the_page_names_every_setting_and_no_other(repository):
    page = (repository / "docs" / "pulumi.md").read_text()
    plain = {info.alias for info in configuration.Configuration.model_fields.values()}
    assert set(re.findall(r"`dharma:(\w+)", page)) == plain | set(configuration.SECRETS)


def test_the_page_counts_what_a_stack_makes(repository, fleet, staged):
    page = " ".join((repository / "docs" / "pulumi.md").read_text().split())
    least = dict(list(SECRETS.items())[:2])
    cloud, own = (
        len(staged(fleet.select([name])[0], secrets=least).made) - 1
        for name in ("production/region-b", "production/region-a")
    )
    more = len(staged(fleet.select(["production/region-b"])[0]).made) - 1 - cloud
    assert f"{cloud} resources on a cloud's cluster and {own} on premises, {more} more with" in page


def test_the_page_names_every_output(repository, fleet, usual):
    page = (repository / "docs" / "pulumi.md").read_text()
    outputs = usual(fleet.select(["production/region-b"])[0]).outputs
    assert all(f"`{name}`" in page for name in outputs)
