"""dharma comment against a server on loopback that answers as the forges document."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma.forge.client import Api
from dharma.forge.comment import MARKER, fitted

TOKEN = "not-a-token"  # noqa: S105 - it opens nothing
PAGE = 3
BOT = {"login": "ci", "id": 7, "type": "Bot"}
OTHER = {"login": "mallory", "id": 8, "type": "User"}


@dataclass
class Forge:
    """The comments of one request, and what to answer instead of the truth."""

    comments: list[dict] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    heads: list[dict] = field(default_factory=list)
    faults: list[Callable[[str, str], tuple[int, dict] | None]] = field(default_factory=list)
    url: str = ""

    def put(self, body: str, user: dict = BOT) -> dict:
        row = {"id": len(self.comments) + 100, "body": body, "user": user, "author": user, "system": False}
        self.comments.append(row)
        return row

    def answer(self, method: str, path: str, body: dict) -> tuple[int, object, dict]:
        self.asked.append((method, path))
        for fault in self.faults:
            if said := fault(method, path):
                return said[0], [] if said[0] == 200 else {"message": "said no"}, said[1]
        if path.endswith("/user"):
            return 200, BOT, {}
        if method == "GET":
            page = int((re.search(r"[?&]page=(\d+)", path) or [0, 1])[1])
            rows = self.comments[(page - 1) * PAGE : page * PAGE]
            plain = re.sub(r"[?&]page=\d+", "", path)
            link = f'<{self.url}{plain}&page={page + 1}>; rel="next", <{self.url}{plain}>; rel="first"'
            return 200, rows, {"Link": link} if page * PAGE < len(self.comments) else {}
        if method == "POST":
            return 201, self.put(body["body"]), {}
        one = next((row for row in self.comments if path.endswith(f"/{row['id']}")), None)
        if one is None:
            return 404, {"message": "Not Found"}, {}
        if method == "DELETE":
            self.comments.remove(one)
            return 204, None, {}
        one["body"] = body["body"]
        return 200, one, {}

    def once(self, method: str, status: int, head: dict | None = None, part: str = "") -> None:
        """Answer the next such request so."""
        left = [(status, head or {})]
        self.faults.append(
            lambda verb, path: left.pop() if left and verb == method and part in path else None
        )

    @property
    def ours(self) -> list[str]:
        return [row["body"] for row in self.comments if row["body"].startswith(MARKER)]


@pytest.fixture
def forge(monkeypatch) -> Iterator[Forge]:
    state = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            state.heads.append(dict(self.headers))
            status, value, head = state.answer(
                self.command, self.path, json.loads(self.rfile.read(size)) if size else {}
            )
            data = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            for name, text in {**head, "Content-Length": str(len(data))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("DHARMA_FORGE_TOKEN", TOKEN)
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """What would have been waited, in seconds."""
    waited: list[float] = []
    monkeypatch.setattr("dharma.forge.client.time.sleep", waited.append)
    defaults = Api.__init__.__defaults__
    monkeypatch.setattr(Api.__init__, "__defaults__", (*defaults[:-1], waited.append))
    return waited


@pytest.fixture
def comment(dharma, forge, tmp_path):
    def run(kind: str = "github", report: str = "### Passed\n") -> object:
        file = tmp_path / "report.md"
        file.write_text(report)
        place = ["--repository", "platform/platform", "--url", forge.url]
        return dharma("comment", "--forge", kind, "--pull", "12", "--file", str(file), *place)

    return run


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_one_comment_is_added_then_updated_in_place(comment, forge, kind):
    for number in range(5):
        forge.put(f"talk {number}", OTHER)
    assert comment(kind, "first").out.startswith("added")
    assert comment(kind, "first").out.startswith("unchanged")
    assert comment(kind, "second").out.startswith("updated")
    assert forge.ours == [f"{MARKER}\nsecond\n"]
    assert len(forge.comments) == 6


def test_a_comment_of_somebody_else_with_our_marker_is_left_alone(comment, forge):
    forge.put(f"{MARKER}\nlies", OTHER)
    assert comment().code == 0
    assert forge.comments[0]["body"].endswith("lies")
    assert len(forge.comments) == 2


def test_a_workflow_token_that_may_not_ask_who_it_is_writes_as_a_bot(comment, forge):
    forge.faults.append(lambda _, path: (403, {}) if path == "/user" else None)
    forge.put(f"{MARKER}\nlies", OTHER)
    forge.put(f"{MARKER}\nbefore")
    assert comment().out.startswith("updated")
    assert [row["body"][len(MARKER) :].strip() for row in forge.comments] == ["lies", "### Passed"]


@pytest.mark.parametrize(
    ("status", "mend"),
    [
        pytest.param(401, "still valid", id="unauthorized"),
        pytest.param(403, "right to write", id="forbidden"),
        pytest.param(404, "Look at the repository", id="missing"),
    ],
)
def test_a_refusal_is_exit_code_3_with_how_to_mend_it(comment, forge, status, mend):
    forge.faults.append(lambda verb, _: (status, {}) if verb == "POST" else None)
    ran = comment()
    assert ran.code == 3
    assert mend in ran.err
    assert TOKEN not in ran.out + ran.err


@pytest.mark.parametrize(
    ("status", "head", "waited"),
    [
        pytest.param(429, {"Retry-After": "7"}, 7.0, id="too many"),
        pytest.param(403, {"Retry-After": "3"}, 3.0, id="secondary limit"),
        pytest.param(429, {"Retry-After": "86400"}, 60.0, id="bounded"),
        pytest.param(502, {}, 2.0, id="fault without a time"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_passing_fault_is_waited_out(comment, forge, waits, method, status, head, waited):
    forge.once(method, status, head, "comments")
    assert comment().code == 0
    assert waits == [waited]
    assert len(forge.ours) == 1


def test_an_answer_that_got_lost_adds_no_second_comment(comment, forge, waits):
    def lost(method: str, _: str) -> tuple[int, dict] | None:
        if method == "POST" and not forge.comments:
            forge.put(f"{MARKER}\n### Passed\n")
            return 500, {}
        return None

    forge.faults.append(lost)
    assert comment().code == 0
    assert waits == [2.0]
    assert len(forge.ours) == 1


def test_a_fault_that_stays_ends_with_exit_code_3(comment, forge, waits):
    forge.faults.append(lambda *_: (503, {}))
    assert comment().code == 3
    assert 0 < len(waits) < 20


def test_two_runs_at_once_leave_one_comment_with_what_the_last_said(comment, forge):
    forge.faults.append(
        lambda verb, _: forge.put(f"{MARKER}\nother run") and None if verb == "POST" else None
    )
    assert comment().code == 0
    assert forge.ours == [f"{MARKER}\n### Passed\n"]


def test_a_comment_deleted_meanwhile_is_added_anew(comment, forge):
    forge.put(f"{MARKER}\nbefore")

    def vanish(method: str, _: str) -> None:
        if method == "PATCH":
            forge.comments.clear()

    forge.faults.append(vanish)
    assert comment().code == 0
    assert forge.ours == [f"{MARKER}\n### Passed\n"]


def test_a_page_of_another_server_is_never_given_the_token(comment, forge):
    elsewhere = {"Link": '<http://127.0.0.2:1/>; rel="next"'}
    forge.faults.append(lambda verb, path: (200, elsewhere) if verb == "GET" and "comments" in path else None)
    ran = comment()
    assert ran.code == 3
    assert "another server" in ran.err


BAD = {
    "no repository": (["--repository", "../x"], "is no repository"),
    "unencrypted": (["--url", "http://git.example/api"], "unencrypted"),
    "no file": (["--file", "nowhere.md"], "cannot be read"),
}


@pytest.mark.parametrize(("arguments", "what"), BAD.values(), ids=BAD)
def test_bad_input_is_exit_code_2(dharma, forge, tmp_path, arguments, what):
    file = tmp_path / "report.md"
    file.write_text("text")
    usual = ["--file", str(file), "--repository", "a/b", "--url", forge.url]
    ran = dharma("comment", "--forge", "github", "--pull", "1", *usual, *arguments)
    assert ran.code == 2
    assert what in ran.err
    assert forge.asked == []


def test_without_a_token_nothing_is_asked(comment, forge, monkeypatch):
    for name in ("DHARMA_FORGE_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    ran = comment()
    assert ran.code == 2
    assert "DHARMA_FORGE_TOKEN" in ran.err
    assert forge.asked == []


@given(st.text(max_size=300), st.integers(300, 400))
def test_a_comment_fits_and_starts_with_marker_and_summary(report, most):
    text = fitted(report, most)
    assert len(text.encode("utf-16-le", "surrogatepass")) // 2 <= most
    assert text.startswith(MARKER)


def test_a_long_report_keeps_its_summary_and_counts_what_is_cut():
    report = "### Denied\n\nsummary\n" + "".join(f"| row {number} | {'x' * 90} |\n" for number in range(1000))
    text = fitted(report, 65_536)
    assert 65_000 < len(text) <= 65_536
    assert "summary" in text
    kept = text.count("| row")
    assert f"… {1000 - kept} more lines" in text
