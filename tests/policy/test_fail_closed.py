"""Whatever is broken, `dharma check` says so: it never exits 0, and never with a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dharma.errors import DharmaError, InputError, ToolError
from dharma.policy.engine import Documents, Embedded, Failure
from dharma.policy.opa import Opa
from dharma.policy.rule import load_rules

ROOT = Path(__file__).parents[2]
HEAD = """\
# METADATA
# title: Probe
# description: A rule of a test.
# custom:
#   id: probe/one
#   severity: deny
#   kinds: ["*"]
#   remediation: {text: Mend it., good: good, bad: bad}
#   controls: {}
package dharma.probe.one

"""
FINDING = 'finding := {"message": "m", "path": ""}'
FAULTY = {
    "a failing built-in": "deny contains finding if {\n\tto_number(input.object.kind) > 1\n\t"
    + FINDING
    + "\n}",
    "no value": "deny := set() if input.absent",
    "another shape": 'deny contains "text"',
    "a finding without message": 'deny contains {"path": ""}',
    "two values": "deny := set()\n\ndeny := {1}",
    "a circle": "deny contains 1 if other\n\nother if count(deny) == 0",
    "division by zero": "deny contains 1 if 1 / count(object.get(input, {}, {})) > 0",
}
REFUSED = {
    "http.send": 'deny contains http.send({"method": "get", "url": "https://h.example"})',
    "opa.runtime": "deny contains opa.runtime()",
    "net.lookup_ip_addr": 'deny contains net.lookup_ip_addr("h.example")',
}

Break = Callable[[Path], object]


def dharma(root: Path, *arguments: str, seconds: int = 60) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    code = "from dharma.cli import main; main()"
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    variables.pop("DHARMA_SCHEMAS", None)
    command = [sys.executable, "-c", code, "-C", str(root), *arguments]
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=seconds, check=False
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A new repository that passes; each test breaks a copy."""
    root = tmp_path_factory.mktemp("sound") / "platform"
    made = dharma(root.parent, "init", root.name, "--environment", "staging")
    assert made.returncode == 0, made.stderr
    (root / "environments/enforcement.yaml").unlink()
    checked = dharma(root, "check")
    assert checked.returncode == 0, checked.stdout
    return root


@pytest.fixture
def broken(sound, tmp_path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "platform"))


def _rule(root: Path, text: str | bytes) -> Path:
    path = root / "policies/rego/probe/one.rego"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root / "policies/rego"


def _judged(ran: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    said = ran.stdout + ran.stderr
    assert ran.returncode == code, said
    assert "Traceback" not in said
    assert all(word in said for word in words), said


@pytest.mark.parametrize("body", FAULTY.values(), ids=FAULTY)
def test_a_rule_that_breaks_when_it_runs_is_a_failure_or_is_not_loaded(tmp_path, body):
    rules = load_rules(_rule(tmp_path, HEAD + body + "\n"))
    try:
        engine = Embedded(rules)
    except InputError:
        return
    (answer,) = engine.evaluate(rules.rules[0], Documents(['{"object": {"kind": "Pod"}}']))
    assert isinstance(answer, Failure)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_a_rule_that_would_look_outside_is_refused_with_its_place(tmp_path, body):
    rules = load_rules(_rule(tmp_path, HEAD + body + "\n"))
    with pytest.raises(InputError, match=r"policies/rego/probe/one\.rego:12:"):
        Embedded(rules)


POISONED = {
    "the rule's own set": {"dharma": {"probe": {"one": {"deny": []}}}},
    "its package as text": {"dharma": {"probe": "gone"}},
    "all packages as a list": {"dharma": []},
}


@pytest.mark.parametrize("data", POISONED.values(), ids=POISONED)
def test_data_in_a_rules_place_never_silences_it(tmp_path, data):
    rules = load_rules(_rule(tmp_path, HEAD + 'deny contains {"message": "m", "path": ""}\n'))
    try:
        (answer,) = Embedded(rules, data).evaluate(rules.rules[0], Documents(["{}"]))
    except InputError:
        return
    assert answer != ()


def _truncated(root: Path) -> None:
    _rule(root, (HEAD + "deny contains finding if {\n\t" + FINDING + "\n}\n")[:-20])


def _bomb(root: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (root / "environments/waivers.yaml").write_text(
        "\n".join(["a0: &a0 [x, x]", *levels, "waivers: *a8", ""])
    )


def _huge(root: Path) -> None:
    with (root / "environments/staging.yaml").open("ab") as file:
        file.write(b"# padding\n" * (5 << 20))


def _unknown_kind(root: Path) -> None:
    assert dharma(root, "new", "component", "probe").returncode == 0
    chart, base = root / "components/probe/chart.py", root / "environments/base.yaml"
    chart.write_text(chart.read_text().replace('"ConfigMap"', '"ConfigMop"'))
    base.write_text(base.read_text().replace("components:\n", "components:\n  probe: {}\n", 1))


BROKEN: dict[str, tuple[Break, int, str]] = {
    "a failing rule": (
        lambda root: _rule(root, HEAD + FAULTY["a failing built-in"] + "\n"),
        1,
        "could not be evaluated",
    ),
    "a forbidden built-in": (
        lambda root: _rule(root, HEAD + REFUSED["http.send"] + "\n"),
        2,
        "policies/rego/probe/one.rego:12:",
    ),
    "a truncated rule": (_truncated, 2, "policies/rego/probe/one.rego:"),
    "a rule that is no text": (lambda root: _rule(root, HEAD.encode() + b"# \xff"), 2, "is not UTF-8"),
    "an unknown kind": (_unknown_kind, 2, "ConfigMop"),
    "malformed waivers": (
        lambda root: (root / "environments/waivers.yaml").write_text("waivers: [\n"),
        2,
        "environments/waivers.yaml",
    ),
    "a bomb of aliases": (_bomb, 2, "environments/waivers.yaml"),
    "50 MB of declarations": (_huge, 2, "is larger than 1 MiB"),
    "an unknown rule in enforcement": (
        lambda root: (root / "environments/enforcement.yaml").write_text("enforcement: {images/digst: {}}\n"),
        2,
        "images/digest",
    ),
}


@pytest.mark.parametrize(("harm", "code", "word"), BROKEN.values(), ids=BROKEN)
def test_a_broken_repository_never_passes(broken, harm, code, word):
    harm(broken)
    _judged(dharma(broken, "check"), code, word)


# ---- engines that die, hang, answer nonsense or are told to keep quiet -------------------------


def _failing(root: Path) -> None:
    _rule(root, HEAD + FAULTY["a failing built-in"] + "\n")


def test_neither_enforcement_nor_a_waiver_hides_a_rule_that_failed(broken):
    _failing(broken)
    levels = "enforcement: {probe/one: {level: audit}, probe: {level: audit}}\n"
    (broken / "environments/enforcement.yaml").write_text(levels)
    (broken / "environments/waivers.yaml").write_text(
        "waivers: [{rule: probe/one, scope: {objects: ['*']}, owner: platform, ticket: T-1, "
        "reason: quiet, granted: '2026-11-01', expires: '2027-01-31'}]\n"
    )
    _judged(dharma(broken, "check", "--today", "2026-11-20"), 1, "could not be evaluated")


def test_a_failure_is_never_kept_so_that_it_would_be_forgotten(broken):
    _failing(broken)
    for _ in range(2):
        _judged(dharma(broken, "check"), 1, "could not be evaluated")


def test_a_verdict_is_not_reused_once_its_rule_changed(broken):
    path = _rule(broken, HEAD + 'deny contains {"message": "first", "path": ""} if input.absent\n')
    _judged(dharma(broken, "check"), 0)
    (path / "probe/one.rego").write_text(HEAD + 'deny contains {"message": "second", "path": ""}\n')
    _judged(dharma(broken, "check"), 1, "second")


def test_a_kept_verdict_that_was_tampered_with_beyond_reading_is_judged_anew(broken):
    _rule(broken, HEAD + 'deny contains {"message": "m", "path": ""}\n')
    _judged(dharma(broken, "check"), 1)
    kept = list((Path(os.environ["XDG_CACHE_HOME"]) / "dharma" / "verdicts").iterdir())
    assert kept
    for path in kept:
        path.write_text(path.read_text()[:-9])
    _judged(dharma(broken, "check"), 1)


def test_an_own_rule_does_not_replace_a_shipped_one(broken):
    own = broken / "policies/rego/images/digest.rego"
    own.parent.mkdir(parents=True)
    own.write_text(
        (ROOT / "policies/rego/images/digest.rego")
        .read_text()
        .replace("not images.digest", "false; not images.digest")
    )
    _judged(dharma(broken, "check"), 2, "policies/rego/images/digest.rego", "has the name of a shipped file")


@pytest.mark.skipif(shutil.which("opa") is None, reason="OPA is not on PATH")
def test_an_opa_that_dies_half_way_is_a_failed_tool(tmp_path):
    rules = load_rules(_rule(tmp_path, HEAD + 'deny contains {"message": "m", "path": ""}\n'))
    with Opa(rules) as engine:
        assert engine.evaluate(rules.rules[0], Documents(["{}"])) == [({"message": "m", "path": ""},)]
        engine._server._process.kill()
        engine._server._process.wait()
        with pytest.raises(ToolError, match="does not answer as OPA does"):
            engine.evaluate(rules.rules[0], Documents(["{}"]))


def _server(answer: bytes, pause: float) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            time.sleep(pause)
            self.send_response(200)
            self.end_headers()
            with suppress(BrokenPipeError):
                self.wfile.write(answer)

        do_GET = do_PUT = do_POST = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


NONSENSE = {
    "an empty object": (b"{}", 0.0),
    "an empty result": (b'{"result": {}}', 0.0),
    "no JSON": (b"<html>", 0.0),
    "a number": (b"7", 0.0),
    "silence": (b"{}", 3.0),
}


@pytest.mark.parametrize(("answer", "pause"), NONSENSE.values(), ids=NONSENSE)
def test_a_server_that_is_no_opa_or_hangs_never_passes(broken, monkeypatch, answer, pause):
    monkeypatch.setattr("dharma.policy.opa._SECONDS", 1.0)
    rules = load_rules(_rule(broken, HEAD + 'deny contains {"message": "m", "path": ""}\n'))
    server = _server(answer, pause)
    try:
        with Opa(rules, url=f"http://127.0.0.1:{server.server_port}") as engine:
            (said,) = engine.evaluate(rules.rules[0], Documents(["{}"]))
        assert isinstance(said, Failure)
    except DharmaError:
        pass
    finally:
        server.shutdown()


def test_nobody_at_the_url_is_a_failed_tool(broken):
    _judged(dharma(broken, "check", "--engine", "opa", "--opa", "http://127.0.0.1:9"), 3, "opa")
