"""The shipped platform, built by the command that users run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dharma import tree
from dharma.admission.definition import schema, schema_file
from dharma.admission.template import admitted
from dharma.build import Plan, build, merged_files
from dharma.environment import load
from dharma.gate import SHIPPED_RULES
from dharma.policy.rule import load_rules

DHARMA = (sys.executable, "-c", "from dharma.cli import main; main()")


def dharma(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DHARMA, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="session", autouse=True)
def _catalogue_for_the_command(catalogue) -> None:
    os.environ["DHARMA_SCHEMAS"] = str(catalogue)


@pytest.fixture(scope="session")
def shipped_files(repository, catalogue):
    plan = Plan(repository, (catalogue,), cached=False)
    return merged_files(build(plan, load(repository).targets))


def test_the_committed_tree_is_what_the_declarations_say(repository):
    run = dharma("build", "--check", cwd=repository)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "nothing changed" in run.stdout


def test_the_shipped_platform_has_nine_targets_and_no_unchecked_object(repository, catalogue):
    built = build(Plan(repository, (catalogue,), cached=False), load(repository).targets)
    assert len(built) == 9
    assert sum(found.unchecked for found in built) == 0
    assert all(len(found.manifests) > 100 for found in built)


def test_objects_sent_through_cdk8s_come_out_the_same(repository, catalogue, shipped_files):
    plan = Plan(repository, (catalogue,), synth="cdk8s", cached=False)
    assert merged_files(build(plan, load(repository).targets)) == shipped_files


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_output_is_the_same_on_any_machine(platform_copy, shipped_files, tmp_path, workers, seed):
    zone = {"0": "UTC", "1": "Asia/Kathmandu", "4711": "America/St_Johns"}[seed]
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    run = dharma(
        "-C", str(platform_copy), "build", "--no-cache", "--workers", str(workers),
        cwd=folder, PYTHONHASHSEED=seed, TZ=zone, LC_ALL="C" if workers == 2 else "C.UTF-8",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    written = {
        path.relative_to(platform_copy / "generated").as_posix(): path.read_bytes()
        for path in (platform_copy / "generated").rglob("*.yaml")
    }
    assert written == dict(shipped_files)


def test_a_second_build_touches_nothing_and_starts_no_node(platform_copy):
    assert dharma("build", cwd=platform_copy).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (platform_copy / "generated").rglob("*")}
    run = dharma("build", cwd=platform_copy, JSII_NODE="/nonexistent/node")
    assert run.returncode == 0, run.stderr
    assert "nothing changed" in run.stdout
    assert {path: path.stat().st_mtime_ns for path in (platform_copy / "generated").rglob("*")} == before


def test_only_the_changed_target_is_rendered_again(platform_copy):
    dharma("build", cwd=platform_copy)
    file = platform_copy / "environments" / "production.yaml"
    file.write_text(re.sub(r'kubernetes: "1\.\d\d"', 'kubernetes: "1.32"', file.read_text(), count=1))
    run = dharma("build", cwd=platform_copy)
    assert run.returncode == 0, run.stderr
    assert len(re.findall(r"^rendered ", run.stderr, re.MULTILINE)) == 1


def test_check_shows_the_difference_and_exits_with_1(platform_copy):
    dharma("build", cwd=platform_copy)
    file = platform_copy / "environments" / "services" / "storefront.yaml"
    file.write_text(file.read_text().replace("tag: ", "tag: 9", 1))
    run = dharma("build", "--check", cwd=platform_copy)
    assert run.returncode == 1
    assert re.search(r"^\+ .*storefront:9", run.stdout, re.MULTILINE), run.stdout[:2000]
    assert dharma("build", "--check", cwd=platform_copy).returncode == 1, "--check wrote something"


def test_one_component_of_one_target_can_be_built(platform_copy):
    run = dharma("build", "production/region-a", "--component", "mesh", cwd=platform_copy)
    assert run.returncode == 0, run.stderr
    folders = {path.parent for path in (platform_copy / "generated").rglob("*.yaml")}
    assert folders
    assert all("production/region-a/mesh" in folder.as_posix() for folder in folders)


def test_a_declared_target_that_vanishes_is_not_torn_down(platform_copy):
    dharma("build", cwd=platform_copy)
    file = platform_copy / "environments" / "staging.yaml"
    file.write_text(
        re.sub(
            r"^  region-c:.*?(?=^  \S|\Z)",
            "  region-c: null\n",
            file.read_text(),
            flags=re.MULTILINE | re.DOTALL,
        )
    )
    run = dharma("build", cwd=platform_copy)
    assert run.returncode == 2
    assert "staging/region-c: is in the generated tree, but no longer declared" in run.stderr, run.stderr
    assert "moved:" in run.stderr
    assert (platform_copy / "generated" / "staging" / "region-c").is_dir()


def test_files_of_others_are_left_alone_and_reported(platform_copy):
    dharma("build", cwd=platform_copy)
    mine = platform_copy / "generated" / "NOTES.md"
    mine.write_text("mine\n")
    run = dharma("build", cwd=platform_copy)
    assert mine.read_text() == "mine\n"
    assert "NOTES.md" in run.stderr


def test_without_a_catalogue_one_line_counts_what_went_unchecked(platform_copy):
    run = dharma("build", "production/region-a", cwd=platform_copy, DHARMA_SCHEMAS="")
    assert run.returncode == 0, run.stderr
    assert re.search(r"^! [1-9]\d* objects went unchecked", run.stderr, re.MULTILINE)


def test_an_unknown_kind_is_an_error_where_there_is_a_catalogue(platform_copy, catalogue, tmp_path):
    partial = tmp_path / "catalogue"
    shutil.copytree(catalogue, partial, ignore=shutil.ignore_patterns("virtualservice_v1.json", "kubernetes"))
    run = dharma("build", "production/region-a", cwd=platform_copy, DHARMA_SCHEMAS=str(partial))
    assert run.returncode == 2
    assert "VirtualService" in run.stderr
    assert "components/services/" in run.stderr


def test_output_may_lie_in_another_repository_with_the_source_commit_beside_it(platform_copy, tmp_path):
    base = platform_copy / "environments" / "base.yaml"
    base.write_text(base.read_text() + "\noutput: ../deployments/generated\n")
    author = ["-c", "user.name=t", "-c", "user.email=t@t"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=platform_copy, check=True)
    run = dharma("build", cwd=platform_copy)
    assert run.returncode == 0, run.stderr
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=platform_copy, text=True).strip()
    record = json.loads((tmp_path / "deployments" / "generated.source.json").read_text())
    assert record["commit"] == head
    assert record["dirty"] is False
    assert (tmp_path / "deployments" / "generated" / "production").is_dir()


def test_json_counts_targets_and_objects(platform_copy):
    run = dharma("build", "staging", "--format", "json", cwd=platform_copy)
    report = json.loads(run.stdout)
    assert sorted(report["targets"]) == [f"staging/region-{name}" for name in "abc"]
    assert report["objects"] == sum(report["targets"].values()) == len(report["added"])


def test_the_tree_hash_does_not_depend_on_what_others_put_there(platform_copy):
    dharma("build", "development", cwd=platform_copy)
    before = tree.digest(platform_copy / "generated")
    (platform_copy / "generated" / "foreign.txt").write_text("x")
    assert tree.digest(platform_copy / "generated") == before


def test_kubeconform_accepts_every_generated_object(shipped_files, catalogue, tmp_path):
    program = shutil.which("kubeconform")
    if program is None:
        pytest.skip("kubeconform is not installed (it is built with Go by make test)")
    for path, text in shipped_files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text)
    own = tmp_path.parent / f"{tmp_path.name}-own"
    for rule in admitted(load_rules(SHIPPED_RULES)):
        (own / schema_file(rule)).parent.mkdir(parents=True, exist_ok=True)
        (own / schema_file(rule)).write_text(json.dumps(schema(rule)))
    native = f"{catalogue}/kubernetes/v1.37.0/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    custom = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
    run = subprocess.run(
        [program, "-strict", "-summary", "-output", "json", "-schema-location", native,
         "-schema-location", f"{catalogue}/{custom}", "-schema-location", f"{own}/{custom}", "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(run.stdout)
    assert report["summary"] == {"valid": len(shipped_files), "invalid": 0, "errors": 0, "skipped": 0}, report
