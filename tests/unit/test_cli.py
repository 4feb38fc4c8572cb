"""The command line as a whole: help, cost of starting, exit codes, and what reaches the terminal."""

import os
import resource
import subprocess
import sys

import pytest

from dharma.cli import VERBS, main
from dharma.cli.terminal import safe

HEAVY = ("cdk8s", "constructs", "jsii")
PART = {"new component", "new service", "new environment", "set image"}


@pytest.mark.parametrize("verb", sorted({"", *VERBS, *PART}))
def test_help_of_every_verb_ends_with_examples(dharma, verb):
    ran = dharma(*verb.split(), "--help")
    assert ran.code == 0
    assert "Example" in ran.out
    assert f"dharma {verb}".strip() in ran.out.split("Example")[1]


def test_every_verb_is_listed_with_what_it_does(dharma):
    out = dharma("--help").out
    assert all(what in out for pair in VERBS.items() for what in pair)


def test_help_costs_less_than_150_milliseconds_of_cpu():
    code = "from dharma.cli import main; main(['--help'])"
    assert min(cpu_seconds(code) for _ in range(5)) < 0.150


def cpu_seconds(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


LIGHT = {
    "help": "--help",
    "help of build": "build --help",
    "explain": "explain production/region-b services.checkout.replicas.min",
    "schema": "schema service",
    "graph": "graph --format svg",
}


@pytest.mark.parametrize("command", LIGHT.values(), ids=LIGHT)
def test_node_is_not_started_for_what_needs_no_rendering(repository, command):
    code = f"""
import sys
from dharma.cli import main
try:
    main({command.split()!r})
except SystemExit as stop:
    assert not stop.code, stop.code
assert not set({HEAVY!r}) & set(sys.modules), set({HEAVY!r}) & set(sys.modules)
"""
    variables = os.environ | {"PYTHONPATH": str(repository), "JSII_NODE": "/nonexistent"}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repository,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout


def test_heavy_modules_are_what_rendering_loads(repository):
    code = f"import dharma.component, sys; sys.exit(not set({HEAVY!r}) <= set(sys.modules))"
    variables = os.environ | {"PYTHONPATH": str(repository)}
    code = f"from dharma import node; node.prepare(); {code}"
    assert subprocess.run([sys.executable, "-c", code], env=variables, check=False).returncode == 0


MISTAKES = {
    "unknown verb": (["biuld"], "Did you mean 'build'?"),
    "unknown option": (["build", "--chekc"], "--check"),
    "unknown target": (["graph", "produktion/region-a"], "Did you mean 'production/region-a'?"),
    "unknown component": (["build", "--component", "mash"], "Did you mean 'mesh'?"),
    "unknown kind": (["schema", "servise"], "Did you mean 'service'?"),
    "unknown path": (["explain", "production/region-a", "services.chekout"], "Did you mean"),
    "unknown service": (["set", "image", "chekout", "sha256:" + "0" * 64], "Did you mean 'checkout'?"),
    "argument missing": (["explain"], "Missing argument"),
}


@pytest.mark.parametrize(("arguments", "what"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant_and_exit_code_2(dharma, platform_copy, arguments, what):
    ran = dharma("-C", platform_copy, *arguments)
    assert ran.code == 2
    assert what in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_outside_a_platform_repository_the_way_in_is_told(dharma, tmp_path):
    ran = dharma("-C", tmp_path, "build")
    assert ran.code == 2
    assert "dharma init" in ran.err


def test_the_repository_is_found_from_a_folder_below(dharma, platform_copy, monkeypatch):
    monkeypatch.chdir(platform_copy / "environments" / "services")
    assert dharma("graph", "--view", "components").code == 0


def test_every_problem_of_a_run_is_printed_and_counted(dharma, small):
    small.swap("production.yaml", "provider: eks", "provider: moon").swap(
        "tenants.yaml", "pods: 100", "pods: none"
    )
    ran = dharma("-C", small.root, "graph")
    assert ran.code == 2
    assert "production.yaml:6:" in ran.err
    assert "tenants.yaml:7:" in ran.err
    assert "2 problems" in ran.err


ESCAPES = {
    "verb": ["\x1b[31mbuild"],
    "option": ["build", "--\x1b]0;title\x07"],
    "target": ["graph", "\x1b[2Jproduction"],
    "service": ["set", "image", "\x1b[31mx", "sha256:" + "0" * 64],
    "direction": ["graph", "\u202enoitcudorp"],
}


@pytest.mark.parametrize("arguments", ESCAPES.values(), ids=ESCAPES)
def test_no_name_can_drive_the_terminal(dharma, platform_copy, arguments):
    ran = dharma("-C", platform_copy, *arguments)
    assert ran.code == 2
    assert not set("\x1b\x07\u202e") & set(ran.out + ran.err)


def test_a_file_name_cannot_drive_the_terminal(dharma, small):
    small.write("services/\x1b[31mx.yaml", "tenant: shop\n")
    ran = dharma("-C", small.root, "graph")
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert "[31mx" in ran.err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain → ok", "plain → ok"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[0m", "\\x1b[0m"),
        ("\u202e", "\\x202e"),
        ("\x00", "\\x00"),
    ],
    ids=["text", "white space", "escape", "direction", "nothing"],
)
def test_only_printable_text_is_printed(text, shown):
    assert safe(text) == shown


def test_an_interrupt_is_no_traceback(monkeypatch, platform_copy):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dharma.environment.load", interrupt)
    with pytest.raises(SystemExit) as stop:
        main(["-C", str(platform_copy), "graph"])
    assert stop.value.code == 130


def test_a_closed_pipe_is_no_traceback(repository):
    code = "from dharma.cli import main; main(['schema'])"
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.close()
    assert "Traceback" not in run.stderr.read()
    run.stderr.close()
    assert run.wait() in (0, 1)
