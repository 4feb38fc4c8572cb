"""Folders of YAML that Dharma did not make, held against schemas, CEL and rules."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import pytest

from dharma import foreign
from dharma.cli import main
from dharma.errors import InputError
from dharma.gate import Report

TODAY = date(2026, 12, 1)
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: shop}\ndata: {a: b}\n"
LIST = """\
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: shop}}
  - apiVersion: v1
    kind: ConfigMapList
    items:
      - metadata: {name: two, namespace: shop}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: app, image: "docker.io/web:latest", securityContext: {privileged: true}}]}
"""


def _check(folder: Path, *schemas: Path) -> Report:
    return foreign.check([folder], schemas, None, TODAY)


def _said(report: Report, rule: str) -> list[tuple[str, str]]:
    return [(str(one.source), one.message) for one in report.findings if one.rule == rule]


def test_every_document_and_list_item_is_an_object_with_its_line(tmp_path):
    (tmp_path / "a.yaml").write_text(f"# nothing\n---\n{CONFIG}---\n---\n{POD}")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yml").write_text(LIST)
    (tmp_path / "c.json").write_text(
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"js","namespace":"shop"}}'
    )
    (tmp_path / "README.md").write_text("not: yaml: at all")
    found = foreign.read([tmp_path])
    places = {one.name + " " + one.kind: f"{one.source.file}:{one.source.line}" for one in found.manifests}
    assert found.findings == []
    assert [one.name for one in found.manifests] == ["one", "web", "js", "one", "two"]
    assert places["web Pod"] == f"{tmp_path.name}/a.yaml:9"
    assert places["two ConfigMap"] == f"{tmp_path.name}/deep/b.yml:8"


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        pytest.param("a: [", "yaml/strict", "is not YAML", id="no YAML"),
        pytest.param("- a\n- b\n", "yaml/strict", "must be a map", id="a list at the top"),
        pytest.param(
            CONFIG.replace("{a: b}", "{a: on}"), "yaml/strict", "another thing in YAML 1.1", id="on"
        ),
        pytest.param(
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
            ),
            "yaml/strict",
            "200000 values with its aliases",
            id="bomb of aliases",
        ),
        pytest.param("[" * 100_000, "yaml/strict", "nests deeper", id="open brackets"),
        pytest.param("- " * 100_000 + "a", "yaml/strict", "nests deeper", id="lists in lists"),
        pytest.param("a: 1\n" * 300_000, "yaml/strict", "more than 200000 lines", id="too many lines"),
        pytest.param("#" * (50 << 20), "yaml/strict", "larger than 4 MiB", id="50 MiB"),
        pytest.param("replicas: 2\n", "schema/valid", "apiVersion is required", id="values of a chart"),
        pytest.param(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n",
            "schema/valid",
            "metadata.name is required",
            id="without a name",
        ),
        pytest.param(
            CONFIG.replace("a: b", '"k": "\\ud800"'), "schema/valid", "lone surrogate", id="half a character"
        ),
        pytest.param(
            CONFIG.replace("\ndata", "\ndate"),
            "schema/valid",
            "unknown field",
            id="a field that the kind does not have",
        ),
        pytest.param(
            CONFIG.replace("ConfigMap", "ConfigMop"),
            "schema/valid",
            "has no kind ConfigMop",
            id="no such kind",
        ),
    ],
)
def test_what_cannot_stand_is_denied_at_its_file_in_bounded_time(tmp_path, text, rule, message):
    (tmp_path / "a.yaml").write_text(text)
    started = time.perf_counter()
    report = _check(tmp_path)
    assert time.perf_counter() - started < 20
    found = [one for one in report.findings if one.rule == rule]
    assert report.blocked
    assert any(message in one.message for one in found), found
    assert all(one.source is not None and one.source.file.endswith("a.yaml") for one in found)


def test_one_bad_file_hides_no_other(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [")
    (tmp_path / "b.yaml").write_text(POD)
    report = _check(tmp_path)
    rules = {one.rule for one in report.findings if one.subject == "/Pod/shop/web"}
    assert {"images/tag", "images/digest"} <= rules
    assert report.objects == 1


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_links_are_refused_and_not_followed(tmp_path, kind):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text(CONFIG)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.yaml").symlink_to(outside / "secret.yaml" if kind == "file" else outside)
    report = _check(inside)
    assert report.objects == 0
    assert [message for _, message in _said(report, "yaml/strict")] == ["is a symbolic link"]


def test_a_pipe_does_not_make_it_wait(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    assert [message for _, message in _said(_check(tmp_path), "yaml/strict")] == ["is not a regular file"]


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(foreign, "MOST_FILES", 2)
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text(CONFIG)
    with pytest.raises(InputError, match="holds more than 2 files"):
        foreign.read([tmp_path])


def test_custom_kinds_need_a_catalogue_and_are_counted_without(tmp_path, catalogue):
    (tmp_path / "a.yaml").write_text(
        "apiVersion: made.example/v1\nkind: Up\nmetadata: {name: a, namespace: b}\n"
        "---\napiVersion: made.example/v1\nkind: Up\nmetadata: {name: b, namespace: b}\n"
    )
    without, with_one = _check(tmp_path), _check(tmp_path, catalogue)
    assert [(one.level, one.message[:2]) for one in without.findings if one.rule == "schema/known"] == [
        ("warn", "2 ")
    ]
    assert with_one.blocked
    assert len(_said(with_one, "schema/valid")) == 2


def test_no_shipped_rule_fails_on_upstream_examples(catalogue):
    examples = catalogue.parent / "examples"
    if not examples.is_dir():
        pytest.skip("no upstream examples beside DHARMA_SCHEMAS")
    report = _check(examples, catalogue)
    failed = [one for one in report.findings if "could not be evaluated" in one.message]
    assert failed == []
    assert report.objects > 300
    assert sum(report.met.values()) > 1000


def _main(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


@pytest.mark.parametrize(("text", "code"), [(POD, 1), (CONFIG, 0)], ids=["denied", "fine"])
def test_a_folder_is_checked_outside_any_platform_repository(tmp_path, monkeypatch, capsys, text, code):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert _main("check", "manifests") == code
    out = capsys.readouterr().out
    assert "1 objects, " in out
    assert ("manifests/a.yaml:1:1" in out) is (code == 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["here.yaml", "there"], "is no file or folder", id="one that is not there"),
        pytest.param(["here.yaml", "--base=HEAD"], "compares declared targets", id="with a base"),
        pytest.param(["there"], "environments/base.yaml", id="nothing that is there"),
    ],
)
def test_arguments_that_do_not_go_together_are_answered(tmp_path, monkeypatch, capsys, arguments, message):
    (tmp_path / "here.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    assert _main("check", *arguments) == 2
    assert message in capsys.readouterr().err


def test_a_platform_repositorys_waivers_and_levels_hold_for_foreign_objects(platform_copy):
    (platform_copy / "environments" / "enforcement.yaml").write_text(
        "enforcement: {images/digest: {level: warn}}\n"
    )
    folder = platform_copy / "more"
    folder.mkdir()
    (folder / "a.yaml").write_text(POD)
    report = foreign.check([folder], (), platform_copy, TODAY)
    assert {one.level for one in report.findings if one.rule == "images/digest"} == {"warn"}
