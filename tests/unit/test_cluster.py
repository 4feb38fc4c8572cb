"""The client of an API server: addresses, pages, warnings, refusals, and what it will not connect to."""

import json
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from dharma.cluster import Applied, Cluster, ForbiddenError, Refusal
from dharma.errors import InputError, ToolError

CORE = {
    "resources": [
        {"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["get", "list", "patch"]},
        {"name": "namespaces", "kind": "Namespace", "namespaced": False, "verbs": ["get"]},
        {"name": "namespaces/status", "kind": "Namespace", "namespaced": False, "verbs": ["get"]},
    ]
}


class Speaker(BaseHTTPRequestHandler):
    """Answers by path from a table of the server, and keeps what was asked."""

    def answer(self):
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.server.asked.append((self.command, url.path, query, body, dict(self.headers)))
        status, said, *warnings = self.server.table(self.command, url.path, query)
        data = json.dumps(said).encode() if isinstance(said, dict) else said
        self.send_response(status)
        for warning in warnings:
            self.send_header("Warning", warning)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PATCH = do_DELETE = answer  # noqa: N815 - the names of http.server

    def log_message(self, *_: object):
        """Keep quiet."""


@pytest.fixture
def server():
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    listening.asked, listening.table = [], lambda *_: (404, {})
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    yield listening
    listening.shutdown()
    listening.server_close()


def kubeconfig(folder, server, cluster=None, user=None):
    entry = {"server": server} | (cluster or {})
    text = yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": entry}],
            "users": [{"name": "u", "user": user or {"token": "a"}}],
        }
    )
    path = folder / "kubeconfig"
    path.write_text(text)
    return path


@pytest.fixture
def cluster(server, tmp_path):
    return Cluster.connect(kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}"))


def saying(*rows: tuple):
    """A table: the first row whose method and path fit answers."""
    known = {("GET", "/api/v1"): (200, CORE)}
    for method, path, *said in rows:
        known[method, path] = tuple(said)
    return lambda method, path, _: known.get((method, path), (404, {"reason": "NotFound"}))


PATHS = {
    "namespaced": (("v1", "ConfigMap", "a", "n"), "/api/v1/namespaces/n/configmaps/a"),
    "no namespace": (("v1", "ConfigMap", "a", ""), "/api/v1/namespaces/default/configmaps/a"),
    "of all namespaces": (("v1", "ConfigMap", "", ""), "/api/v1/configmaps"),
    "cluster-wide": (("v1", "Namespace", "a", ""), "/api/v1/namespaces/a"),
    "a name with a slash": (("v1", "ConfigMap", "../x", "n"), "/api/v1/namespaces/n/configmaps/..%2Fx"),
    "an unknown kind": (("v1", "Unknown", "a", ""), None),
    "an unknown group": (("x.io/v1", "Unknown", "a", ""), None),
}


@pytest.mark.parametrize(("asked", "path"), PATHS.values(), ids=PATHS)
def test_a_kind_becomes_the_address_that_the_server_names(cluster, server, asked, path):
    server.table = saying()
    assert cluster.path(*asked) == path


def test_discovery_of_a_known_kind_is_asked_once_and_of_an_unknown_one_again(cluster, server):
    server.table = saying()
    for _ in range(3):
        cluster.path("v1", "ConfigMap", "a")
    assert len(server.asked) == 1
    for _ in range(2):
        cluster.path("v1", "Unknown", "a")
    assert len(server.asked) == 3


def test_what_is_absent_is_none_and_what_is_forbidden_is_an_error(cluster, server):
    forbidden = {"reason": "Forbidden", "message": "user a cannot get configmaps"}
    server.table = saying(("GET", "/api/v1/namespaces/n/configmaps/b", 403, forbidden))
    assert cluster.get("v1", "ConfigMap", "a", "n") is None
    with pytest.raises(ForbiddenError, match=r"127\.0\.0\.1.*403 Forbidden user a cannot get configmaps"):
        cluster.get("v1", "ConfigMap", "b", "n")


def test_a_list_is_read_page_by_page_and_its_items_say_their_kind(cluster, server):
    def table(_, path, query) -> tuple:
        if path == "/api/v1":
            return 200, CORE
        assert query["limit"] == "500"
        assert query["labelSelector"] == "a=b"
        first = {"items": [{"metadata": {"name": "1"}}], "metadata": {"continue": "next"}}
        last = {"items": [{"metadata": {"name": "2"}}], "metadata": {}}
        return 200, last if query.get("continue") == "next" else first

    server.table = table
    found = cluster.list("v1", "ConfigMap", labels="a=b")
    assert [(one["apiVersion"], one["kind"], one["metadata"]["name"]) for one in found] == [
        ("v1", "ConfigMap", "1"),
        ("v1", "ConfigMap", "2"),
    ]


def test_a_list_that_the_server_forgot_midway_is_read_again_whole(cluster, server):
    expired = [True]

    def table(_, path, query) -> tuple:
        if path == "/api/v1":
            return 200, CORE
        if "continue" not in query:
            return 200, {"items": [{"metadata": {"name": "1"}}], "metadata": {"continue": "next"}}
        if expired:
            expired.pop()
            return 410, {"reason": "Expired"}
        return 200, {"items": [{"metadata": {"name": "2"}}], "metadata": {}}

    server.table = table
    assert [one["metadata"]["name"] for one in cluster.list("v1", "ConfigMap")] == ["1", "2"]


BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}
PLACE = "/api/v1/namespaces/n/configmaps/a"


def test_applying_says_who_applies_and_returns_the_warnings(cluster, server):
    warnings = ('299 - "v1beta1 is \\"old\\""', '299 - "one", 299 - "two"')
    server.table = saying(("PATCH", PLACE, 200, BODY, *warnings))
    applied = cluster.apply(BODY, dry_run=True, manager="somebody", strict=True)
    assert applied == Applied(BODY, ('v1beta1 is "old"', "one", "two"))
    method, _, query, body, head = server.asked[-1]
    assert (method, body, head["Content-Type"]) == ("PATCH", BODY, "application/apply-patch+yaml")
    expected = {"fieldManager": "somebody", "force": "true", "dryRun": "All", "fieldValidation": "Strict"}
    assert query == expected


REFUSALS = {
    "invalid": (422, {"reason": "Invalid", "message": "no"}, Refusal(422, "Invalid", "no")),
    "conflict": (409, {"reason": "Conflict", "message": "no"}, Refusal(409, "Conflict", "no")),
    "webhook failed": (
        500,
        {"reason": "InternalError", "message": "no"},
        Refusal(500, "InternalError", "no"),
    ),
    "a proxy's page": (502, b"<html>bad gateway", Refusal(502, "", "<html>bad gateway")),
}


@pytest.mark.parametrize(("status", "said", "refusal"), REFUSALS.values(), ids=REFUSALS)
def test_an_object_that_is_not_taken_is_a_value(cluster, server, status, said, refusal):
    server.table = saying(("PATCH", PLACE, status, said))
    assert cluster.apply(BODY) == refusal


def test_an_object_of_an_unknown_kind_is_refused_without_being_sent(cluster, server):
    server.table = saying()
    refusal = cluster.apply(BODY | {"kind": "Unknown"})
    assert (refusal.status, refusal.reason) == (404, "NoKind")
    assert all(method == "GET" for method, *_ in server.asked)


def test_who_is_not_known_gets_an_error_even_when_applying(cluster, server):
    server.table = saying(("PATCH", PLACE, 401, {"reason": "Unauthorized", "message": "who?"}))
    with pytest.raises(ToolError, match="401 Unauthorized who"):
        cluster.apply(BODY)


def test_deleting_waits_until_the_object_is_gone(cluster, server):
    left = [BODY, BODY, BODY]

    def table(method, path, _) -> tuple:
        if path == "/api/v1":
            return 200, CORE
        if method == "DELETE":
            return 200, {}
        return (200, left.pop()) if left else (404, {})

    server.table = table
    assert cluster.delete("v1", "ConfigMap", "a", "n", wait=5)
    assert not left
    assert not cluster.delete("v1", "ConfigMap", "a", "n")


def test_an_object_that_stays_is_an_error(cluster, server):
    server.table = saying(("GET", PLACE, 200, BODY), ("DELETE", PLACE, 200, {}))
    with pytest.raises(ToolError, match="not gone after"):
        cluster.delete("v1", "ConfigMap", "a", "n", wait=0.3)


def test_a_busy_server_is_asked_again_when_it_said(cluster, server, monkeypatch):
    answers = [(200, CORE), (429, {})]
    server.table = lambda *_: answers.pop()
    monkeypatch.setattr(Speaker, "end_headers", with_retry_after)
    assert cluster.path("v1", "Namespace", "a") == "/api/v1/namespaces/a"


def with_retry_after(self):
    self.send_header("Retry-After", "0")
    BaseHTTPRequestHandler.end_headers(self)


def test_a_redirect_takes_the_credentials_nowhere(cluster, server, monkeypatch):
    server.table = lambda *_: (307, {})

    def end(self) -> None:
        self.send_header("Location", f"http://localhost:{self.server.server_port}/elsewhere")
        BaseHTTPRequestHandler.end_headers(self)

    monkeypatch.setattr(Speaker, "end_headers", end)
    with pytest.raises(ToolError):
        cluster.path("v1", "Namespace")
    assert [path for _, path, *_ in server.asked] == ["/api/v1"]


def test_a_server_that_is_not_there_is_named(tmp_path):
    cluster = Cluster.connect(kubeconfig(tmp_path, "http://127.0.0.1:9"))
    with pytest.raises(ToolError, match=r"kubeconfig \(http://127\.0\.0\.1:9\): cannot be reached"):
        cluster.get("v1", "Namespace", "a")


def test_a_certificate_that_nobody_vouches_for_is_refused(server, tmp_path):
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    cluster = Cluster.connect(kubeconfig(tmp_path, f"https://127.0.0.1:{server.server_port}"))
    with pytest.raises(ToolError, match=r"(?i)certificate"):
        cluster.get("v1", "Namespace", "a")
    assert not server.asked


UNUSABLE = {
    "in the clear": ("http://10.0.0.1", {}, "in the clear"),
    "unverified": ("https://127.0.0.1:9", {"insecure-skip-tls-verify": True}, "turns off the verification"),
}


@pytest.mark.parametrize(("server", "cluster", "what"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_server_that_may_be_another_is_not_connected_to(tmp_path, server, cluster, what):
    with pytest.raises(InputError, match=what):
        Cluster.connect(kubeconfig(tmp_path, server, cluster))


def test_a_missing_kubeconfig_and_context_are_bad_input(tmp_path):
    with pytest.raises(InputError, match="cannot be used"):
        Cluster.connect(tmp_path / "absent")
    with pytest.raises(InputError, match="cannot be used"):
        Cluster.connect(kubeconfig(tmp_path, "http://127.0.0.1:9"), "other")


def plugin(folder, script):
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path)}}


def test_an_exec_plugin_signs_in(server, tmp_path):
    said = json.dumps(
        {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": "from-the-plugin"},
        }
    )
    user = plugin(tmp_path, f"echo '{said}'")
    server.table = saying()
    cluster = Cluster.connect(kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}", user=user))
    assert cluster.get("v1", "Namespace", "a") is None
    head = {name.lower(): value for name, value in server.asked[-1][4].items()}
    assert head["authorization"] == "Bearer from-the-plugin"
    assert head["user-agent"].startswith("dharma/")


def test_an_exec_plugin_that_fails_is_an_error_and_not_an_anonymous_request(tmp_path):
    user = plugin(tmp_path, "echo no session >&2; exit 1")
    with pytest.raises(ToolError, match=r"signing in failed.*no session"):
        Cluster.connect(kubeconfig(tmp_path, "http://127.0.0.1:9", user=user))
