import json
import math
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dharma_rego import emit, emit_all

GO_READER = Path(__file__).parent / "go-reader"

TRICKY = [
    # what YAML 1.1 or 1.2 takes for something else
    ("", '""'),
    ("~", '"~"'),
    ("null", '"null"'),
    ("NULL", '"NULL"'),
    ("true", '"true"'),
    ("False", '"False"'),
    ("yes", '"yes"'),
    ("No", '"No"'),
    ("on", '"on"'),
    ("OFF", '"OFF"'),
    ("y", '"y"'),
    ("N", '"N"'),
    ("=", '"="'),
    ("<<", '"<<"'),
    ("12", '"12"'),
    ("-12", '"-12"'),
    ("+12", '"+12"'),
    ("012", '"012"'),
    ("0o17", '"0o17"'),
    ("0x1F", '"0x1F"'),
    ("0b101", '"0b101"'),
    ("1_000", '"1_000"'),
    ("+_", '"+_"'),
    ("1.5", '"1.5"'),
    (".5", '".5"'),
    ("1.", '"1."'),
    ("1e3", '"1e3"'),
    ("12e03", '"12e03"'),
    ("1234567e8", '"1234567e8"'),
    (".inf", '".inf"'),
    ("-.INF", '"-.INF"'),
    (".NaN", '".NaN"'),
    ("1:30", '"1:30"'),
    ("190:20:30.15", '"190:20:30.15"'),
    ("2024-01-01", '"2024-01-01"'),
    ("2001-12-14t21:59:43.10-05:00", '"2001-12-14t21:59:43.10-05:00"'),
    # what the grammar takes for structure
    ("---", '"---"'),
    ("...", '"..."'),
    ("-", '"-"'),
    ("- a", '"- a"'),
    ("? a", '"? a"'),
    ("a: b", '"a: b"'),
    ("a:", '"a:"'),
    ("a #b", '"a #b"'),
    ("#b", '"#b"'),
    ("&a", '"&a"'),
    ("*a", '"*a"'),
    ("!a", '"!a"'),
    ("|", '"|"'),
    (">", '">"'),
    ("%a", '"%a"'),
    ("@a", '"@a"'),
    ("`a", '"`a"'),
    ("'a", '"\'a"'),
    ('"a', '"\\"a"'),
    ("{{ .Values.a }}", '"{{ .Values.a }}"'),
    ("[a]", '"[a]"'),
    (" a", '" a"'),
    ("a ", '"a "'),
    ("a\tb", '"a\\tb"'),
    # what cannot be seen
    ("\0", '"\\x00"'),
    ("\x1b[31m", '"\\x1b[31m"'),
    ("\x7f", '"\\x7f"'),
    ("a\x85b", '"a\\u0085b"'),
    ("a\xa0b", '"a\\u00a0b"'),
    ("a\u2028b", '"a\\u2028b"'),
    ("a\u202eb", '"a\\u202eb"'),
    ("\ufeffa", '"\\ufeffa"'),
    ("\U0010ffff", '"\\U0010ffff"'),
    ("a\r\nb", '"a\\r\\nb"'),
    ("\n", '"\\n"'),
    (" \n ", '" \\n "'),
    # what stays plain
    ("nginx:1.27", "nginx:1.27"),
    ("registry.example/app@sha256:0a", "registry.example/app@sha256:0a"),
    ("--log-level=info", "--log-level=info"),
    ("-v", "-v"),
    ("--add-dir", "--add-dir"),
    ("100m", "100m"),
    ("512Mi", "512Mi"),
    ("30s", "30s"),
    ("10.0.0.0/8", "10.0.0.0/8"),
    ("v1.2.3", "v1.2.3"),
    ("$(POD_NAME)", "$(POD_NAME)"),
    ("a:b", "a:b"),
    ("a#b", "a#b"),
    ("it's a, [b] {c}", "it's a, [b] {c}"),
    ("größer", "größer"),
    ("データ", "データ"),
    # several lines
    ("a\nb", "|-\n  a\n  b"),
    ("a\nb\n", "|\n  a\n  b"),
    ("a\n\nb\n\n", "|+\n  a\n\n  b\n"),
    ("  a\nb\n", "|2\n    a\n  b"),
    ("\na\n", "|2\n\n  a"),
    ("\tall:\n\tgo\n", "|2\n  \tall:\n  \tgo"),
    ("# a: b\n---\n", "|\n  # a: b\n  ---"),
]

NUMBERS = [
    (0, "0"),
    (-7, "-7"),
    (2**70, "1180591620717411303424"),
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (0.1, "0.1"),
    (1e20, "1.0e+20"),
    (1.5e-7, "1.5e-7"),
    (5e-324, "5.0e-324"),
    (True, "true"),
    (None, "null"),
]


@pytest.fixture(scope="session")
def go_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed")
    binary = tmp_path_factory.mktemp("go") / "go-reader"
    subprocess.run(["go", "build", "-o", binary, "."], cwd=GO_READER, check=True)
    return binary


def read_by_go(binary: Path, documents: list[bytes]) -> list[Any]:
    done = subprocess.run([binary], input=b"\0".join(documents), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def read_by_ruamel(document: bytes) -> Any:
    return YAML(typ="safe", pure=True).load(document)


PYTHON_READERS = [
    pytest.param(read_by_ruamel, id="ruamel-1.2"),
    pytest.param(lambda text: yaml.load(text, yaml.SafeLoader), id="pyyaml-1.1"),
    pytest.param(lambda text: yaml.load(text, yaml.CSafeLoader), id="libyaml-1.1"),
]


def same(left: Any, right: Any) -> bool:
    """Equal in value and in type, with -0.0 told from 0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return repr(left) == repr(right)


@pytest.mark.parametrize(("text", "written"), TRICKY, ids=[repr(text) for text, _ in TRICKY])
def test_a_string_is_plain_only_where_every_reader_sees_a_string(text: str, written: str) -> None:
    assert emit({"a": text}).decode() == f"a: {written}\n"


@pytest.mark.parametrize(("number", "written"), NUMBERS, ids=[text for _, text in NUMBERS])
def test_other_scalars_have_one_form(number: Any, written: str) -> None:
    assert emit({"a": number}).decode() == f"a: {written}\n"


def test_a_manifest_reads_like_one_of_kubectl() -> None:
    manifest = {
        "spec": {"template": {"containers": [{"name": "a", "args": ["--x", "1"], "env": []}]}, "extra": ()},
        "metadata": {"name": "web", "labels": {}},
        "data": {"b.txt": "one\ntwo\n", "a": [[1, 2], [], [{"k": None}]]},
        "kind": "Deployment",
        "apiVersion": "apps/v1",
    }
    assert emit(manifest).decode() == (
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata:\n"
        "  labels: {}\n"
        "  name: web\n"
        "data:\n"
        "  a:\n"
        "  - - 1\n"
        "    - 2\n"
        "  - []\n"
        "  - - k: null\n"
        "  b.txt: |\n"
        "    one\n"
        "    two\n"
        "spec:\n"
        "  extra: []\n"
        "  template:\n"
        "    containers:\n"
        "    - args:\n"
        "      - --x\n"
        '      - "1"\n'
        "      env: []\n"
        "      name: a\n"
    )


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=" \t\n-?:#,[]{}&*!|>'\"%@`=<~.+0123456789_eExoabTZ\\", max_size=12),
    st.text(alphabet=" \t\na#", max_size=12),
    st.sampled_from([text for text, _ in TRICKY]),
)
KEYS = TEXTS | st.integers(990, 1100).map(lambda length: length * "k")
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)


@pytest.mark.parametrize("read", PYTHON_READERS)
@settings(max_examples=100, deadline=None)
@given(document=DOCUMENTS)
def test_python_readers_get_the_same_value_back(read: Any, document: dict[str, Any]) -> None:
    assert same(read(emit(document)), document)


def as_go_sees(value: Any) -> Any:
    """Numbers as JSON in Go keeps them: integers of 64 bits, everything else a float."""
    if isinstance(value, dict):
        return {key: as_go_sees(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_go_sees(inner) for inner in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value


@settings(max_examples=25, deadline=None)
@given(documents=st.lists(DOCUMENTS, min_size=1, max_size=20))
def test_kubernetes_own_reader_gets_the_same_value_back(
    go_reader: Path, documents: list[dict[str, Any]]
) -> None:
    assert as_go_sees(read_by_go(go_reader, emit_all(documents))) == as_go_sees(documents)


@given(document=DOCUMENTS, randomly=st.randoms(use_true_random=False))
def test_the_order_of_keys_in_the_dict_is_not_seen(document: dict[str, Any], randomly: Any) -> None:
    items = list(document.items())
    randomly.shuffle(items)
    assert emit(dict(items)) == emit(document)


class Name(str):
    __slots__ = ()


REFUSED = [
    pytest.param(
        {"a": {"b": [1, Decimal(1)]}}, TypeError, r"a\.b\[1\]: Decimal is not a JSON type", id="decimal"
    ),
    pytest.param({"a": {"x/y": {1, 2}}}, TypeError, r'a\["x/y"\]: set is not a JSON type', id="set"),
    pytest.param({"a": b"x"}, TypeError, r"a: bytes is not a JSON type", id="bytes"),
    pytest.param({"a": {1: 2}}, TypeError, r"a: key 1 is int, not str", id="key"),
    pytest.param({"a": [math.nan]}, ValueError, r"a\[0\]: NaN is not a JSON number", id="nan"),
    pytest.param({"a": -math.inf}, ValueError, r"a: -inf is not a JSON number", id="infinity"),
    pytest.param({"a": "\ud800"}, ValueError, r"a: the string holds a lone surrogate", id="surrogate"),
    pytest.param(["a"], TypeError, r"the document: list is not a JSON type", id="top"),
]


@pytest.mark.parametrize(("value", "error", "message"), REFUSED)
def test_what_is_not_json_is_refused_with_its_path(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        emit(value)


def test_a_cycle_is_refused() -> None:
    loop: dict[str, Any] = {}
    loop["a"] = [loop]
    with pytest.raises(ValueError, match="nested deeper than 200 levels"):
        emit(loop)


def test_subclasses_of_str_are_strings() -> None:
    assert emit({Name("a"): Name("yes")}) == b'a: "yes"\n'


def test_many_documents_keep_their_order_and_name_the_one_refused() -> None:
    assert emit_all([{"b": 1}, {"a": 2}]) == [b"b: 1\n", b"a: 2\n"]
    with pytest.raises(TypeError, match=r"^\[1\]\.a: object is not"):
        emit_all([{}, {"a": object()}])
