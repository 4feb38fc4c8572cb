"""CustomResourceDefinitions become the schemas a ready-made catalogue has, and a lock keeps them."""

from __future__ import annotations

import copy
import http.server
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dharma.errors import InputError, ToolError
from dharma.schemas import Schemas
from dharma.schemas.definitions import DefinitionError, definitions, strict
from dharma.schemas.sources import address, from_address, from_cluster

PROJECTS = ("istio", "argo-rollouts", "argo-cd", "prometheus-operator")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.shop.example}
spec:
  group: shop.example
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: \
{type: integer}}}}}}
    - {name: v1alpha1, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
"""
OPEN, CLOSED = {"type": "object"}, {"type": "object", "additionalProperties": False}
STRING, INTEGER = {"type": "string"}, {"type": "integer"}

RULES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "words for people are dropped": (
        {**STRING, "description": "d", "example": 1, "externalDocs": {}},
        STRING,
    ),
    "an object is closed": (OPEN, CLOSED),
    "unknown fields may be kept": (
        {**OPEN, "x-kubernetes-preserve-unknown-fields": True},
        {**OPEN, "x-kubernetes-preserve-unknown-fields": True},
    ),
    "a map stays open for its values": (
        {**OPEN, "additionalProperties": STRING},
        {**OPEN, "additionalProperties": STRING},
    ),
    "objects inside are closed too": ({"type": "array", "items": OPEN}, {"type": "array", "items": CLOSED}),
    "a field may be called description": (
        {**OPEN, "properties": {"description": STRING}},
        {**CLOSED, "properties": {"description": STRING}},
    ),
    "branches are not closed": (
        {**OPEN, "anyOf": [OPEN, {"not": OPEN}]},
        {**CLOSED, "anyOf": [OPEN, {"not": OPEN}]},
    ),
    "what has a default is not required": (
        {**OPEN, "required": ["a", "b"], "properties": {"a": {**STRING, "default": ""}, "b": STRING}},
        {
            **CLOSED,
            "required": ["b"],
            "x-upstream-required-defaulted": ["a"],
            "properties": {"a": {**STRING, "default": ""}, "b": STRING},
        },
    ),
    "nullable": (
        {**STRING, "nullable": True},
        {"type": ["string", "null"], "x-kubernetes-nullable": True},
    ),
    "integer or string": (
        {"x-kubernetes-int-or-string": True},
        {"x-kubernetes-int-or-string": True, "anyOf": [INTEGER, STRING]},
    ),
    "an exclusive bound is a number": (
        {**INTEGER, "minimum": 0, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
        {**INTEGER, "exclusiveMinimum": 0, "maximum": 9},
    ),
    "an inline flag gets its group": (
        {**STRING, "pattern": r"^((?i)a\)|[)]b)c$"},
        {**STRING, "pattern": r"^((?i:a\)|[)]b))c$", "x-upstream-pattern": r"^((?i)a\)|[)]b)c$"},
    ),
    "an embedded object is named": (
        {**OPEN, "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
        {
            **OPEN,
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {"apiVersion": STRING, "kind": STRING, "metadata": OPEN},
            "required": ["apiVersion", "kind"],
        },
    ),
}


@pytest.mark.parametrize(("written", "expected"), RULES.values(), ids=RULES)
def test_a_definition_is_converted_by_rule(written, expected):
    before = copy.deepcopy(written)
    assert strict(written) == expected
    assert written == before


def test_served_versions_have_schemas_that_know_their_scope(tmp_path):
    (one,) = definitions(DEFINITION)
    assert one.file == "shop.example/widget_v1.json"
    (tmp_path / "shop.example").mkdir()
    (tmp_path / one.file).write_text(one.text)
    schemas = Schemas("1.34", (tmp_path,))
    assert schemas.scope("shop.example/v1", "Widget") == "Cluster"
    widget = {"apiVersion": "shop.example/v1", "kind": "Widget", "metadata": {"name": "w"}}
    assert schemas.check({**widget, "spec": {"size": 3}}) == ()
    assert schemas.check({**widget, "spec": {"sizes": 3}})
    assert schemas.check({**widget, "status": {}})


# ---- the same verdicts as a ready-made catalogue --------------------------------------------


@pytest.fixture(scope="session")
def converted(tmp_path_factory, catalogue) -> tuple[Path, frozenset[str]]:
    """Schemas converted from the definitions beside the catalogue, and their names."""
    folder = tmp_path_factory.mktemp("converted")
    names = set()
    for project in PROJECTS:
        for path in sorted((catalogue.parent / "crds" / project).rglob("*.yaml")):
            for one in definitions(path.read_text()):
                (folder / one.file).parent.mkdir(exist_ok=True)
                (folder / one.file).write_text(one.text)
                names.add(one.file)
    return folder, frozenset(names)


def _same(one: Any, other: Any) -> bool:
    """Equal but for the order of required names and the facts about the release."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            kept = {name: plain(inner) for name, inner in value.items() if name != "x-upstream"}
            return kept | ({"required": sorted(kept["required"])} if _names(kept.get("required")) else {})
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return bool(plain(one) == plain(other))


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


@pytest.mark.slow
def test_converted_schemas_are_those_of_the_catalogue(converted, catalogue):
    folder, names = converted
    assert len(names) >= 45
    read = [(json.loads((at / name).read_bytes()) for at in (folder, catalogue)) for name in sorted(names)]
    different = [name for name, pair in zip(sorted(names), read, strict=True) if not _same(*pair)]
    assert different == []


def _examples(catalogue: Path) -> Iterator[dict[str, Any]]:
    for project in PROJECTS:
        for path in sorted((catalogue.parent / "examples" / project).glob("*.yaml")):
            yield from (one for one in YAML(typ="safe").load_all(path.read_text()) if one)


def _mutants(sample: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sample with each field of two levels gone, null, of another type, or beside an unknown one."""
    for name in sample.get("spec") or {}:
        for change in (None, {"unknown": 1}, 7, "text", [], [{"unknown": 1}]):
            mutant = copy.deepcopy(sample)
            mutant["spec"][name] = change
            yield mutant
        less = copy.deepcopy(sample)
        del less["spec"][name]
        yield less
    yield {**sample, "unknown": 1}
    yield {**sample, "spec": {**(sample.get("spec") or {}), "unknown": 1}}


@pytest.mark.slow
def test_verdicts_on_samples_and_mutants_are_those_of_the_catalogue(converted, catalogue):
    ours, theirs = Schemas("1.34", (converted[0],)), Schemas("1.34", (catalogue,))
    samples = list(_examples(catalogue))
    verdicts = []
    for sample in samples:
        for one in (sample, *_mutants(sample)):
            mine, other = bool(ours.check(one)), bool(theirs.check(one))
            assert mine == other, one
            verdicts.append(mine)
    assert len(samples) >= 30
    assert 200 < sum(verdicts) < len(verdicts)


# ---- what cannot be converted, and the command ----------------------------------------------

BAD = {
    "not YAML": ("a: [", "is not YAML"),
    "no versions": (
        "kind: CustomResourceDefinition\nspec: {group: a.b, names: {kind: A}}",
        "malformed: 'versions'",
    ),
    "a list": (f"{DEFINITION.partition('spec:')[0]}spec: []", "malformed"),
    "a path for a group": (DEFINITION.replace("shop.example\n", "../../x\n"), "is no name of a kind"),
    "a path for a version": (DEFINITION.replace("name: v1\n", "name: ../v1\n"), "is no name of a kind"),
    "a bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
        "grows beyond",
    ),
    "a circle": ("&a {kind: List, items: [*a]}", "grows beyond"),
    "too deep": ("[" * 5000, "nests too deep"),
}


@pytest.mark.parametrize(("text", "what"), BAD.values(), ids=BAD)
def test_a_bad_definition_is_an_error_that_says_why(text, what):
    with pytest.raises(DefinitionError, match=what):
        list(definitions(text))


def test_added_schemas_are_locked_and_drift_is_found(platform_copy, tmp_path, dharma):
    crds = tmp_path / "crds"
    crds.mkdir()
    (crds / "widgets.yaml").write_text(f"{DEFINITION}---\nkind: ConfigMap\n")
    assert dharma("-C", platform_copy, "schemas", "add", "--crds", crds).code == 0
    lock = (platform_copy / "schemas/crds.lock").read_text()
    assert lock.endswith(" shop.example/widget_v1.json widgets.yaml\n")
    assert dharma("-C", platform_copy, "schemas", "verify").out == "1 schemas are as locked\n"
    schema = platform_copy / "schemas/crds/shop.example/widget_v1.json"
    (schema.parent / "gadget_v1.json").write_text("{}")
    schema.write_text(schema.read_text().replace("integer", "string"))
    ran = dharma("-C", platform_copy, "schemas", "verify")
    assert ran.code == 1
    assert "gadget_v1.json: is not in schemas/crds.lock" in ran.err
    assert "widget_v1.json: is not what schemas/crds.lock says" in ran.err
    schema.unlink()
    assert "but not there" in dharma("-C", platform_copy, "schemas", "verify").err


def test_a_definition_that_says_another_thing_elsewhere_is_refused(platform_copy, tmp_path, dharma):
    for name, text in (("a", DEFINITION), ("b", DEFINITION.replace("integer", "string"))):
        (tmp_path / f"{name}.yaml").write_text(text)
    crds = tmp_path / "crds"
    crds.mkdir()
    for path in tmp_path.glob("?.yaml"):
        path.rename(crds / path.name)
    ran = dharma("-C", platform_copy, "schemas", "add", "--crds", crds)
    assert (ran.code, "otherwise than a.yaml" in ran.err) == (2, True)
    assert not (platform_copy / "schemas").exists()


def test_kubectl_that_fails_is_a_tool_that_failed(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ToolError, match=r"kubectl: (failed with 1: .*|is not on PATH)"):
        from_cluster("staging-a")
    with pytest.raises(InputError, match="is no context"):
        from_cluster("--kubeconfig=/etc/passwd")


ADDRESSES = {
    "http": ("http://h.example/{group}/{kind}_{version}@" + COMMIT, "only https"),
    "file": ("file:///{group}/{kind}_{version}@" + COMMIT, "only https"),
    "branch": ("https://h.example/main/{group}/{kind}_{version}@main", "40 hex digits"),
    "commit beside": ("https://h.example/main/{group}/{kind}_{version}@" + COMMIT, "be part of"),
    "no kind": (f"https://h.example/{COMMIT}/{{group}}/{{version}}@{COMMIT}", "must stand in"),
    "format trick": (
        f"https://h.example/{COMMIT}/{{group}}{{kind}}{{version}}{{kind.__class__}}@{COMMIT}",
        "must stand in",
    ),
}


@pytest.mark.parametrize(("pinned", "what"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_is_not_pinned_is_refused(pinned, what):
    with pytest.raises(InputError, match=what):
        address(pinned)


class _Host(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path.endswith("/shop.example/widget_v1.json")
        self.send_response(200 if found else 302)
        if not found:
            self.send_header("Location", f"/{COMMIT}/shop.example/widget_v1.json")
        self.end_headers()
        self.wfile.write(b'{"type": "object"}')

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@pytest.fixture
def host(tmp_path, monkeypatch) -> Iterator[str]:
    """A server whose certificate this process trusts."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [*command, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True, timeout=20
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("no_proxy", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Host)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_pinned_schema_is_fetched_and_a_redirect_is_not_followed(host):
    template = address(f"{host}/{COMMIT}/{{group}}/{{kind}}_{{version}}.json@{COMMIT}")
    found = from_address(template, [("shop.example/v1", "Widget")])
    source = f"{host}/{COMMIT}/shop.example/widget_v1.json"
    assert {name: source for name, (_, source) in found.items()} == {"shop.example/widget_v1.json": source}
    with pytest.raises(ToolError, match=r"gadget_v1\.json: cannot be fetched: HTTP Error 302"):
        from_address(template, [("shop.example/v1", "Gadget"), ("shop.example/v1", "Widget")])


def test_only_what_the_platform_uses_and_lacks_is_fetched(tmp_path, dharma, monkeypatch):
    monkeypatch.delenv("DHARMA_SCHEMAS", raising=False)
    root = tmp_path / "new"
    assert dharma("init", root, "--environment", "staging").code == 0
    url = f"https://localhost:1/{COMMIT}/{{group}}/{{kind}}_{{version}}.json@{COMMIT}"
    ran = dharma("-C", root, "schemas", "add", "--url", url)
    assert ran.code == 3
    assert "lacks Application of argoproj.io/v1alpha1" in ran.err
    assert f"https://localhost:1/{COMMIT}/argoproj.io/application_v1alpha1.json: cannot be fetched" in ran.err
    assert "Deployment" not in ran.err
    assert not (root / "schemas/crds").exists()
