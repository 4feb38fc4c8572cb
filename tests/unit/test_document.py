from __future__ import annotations

import contextlib
import os
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dharma import document
from dharma.errors import DeclarationError, Origin
from dharma.layer import find, leaves, plain

CANARY = "canary-7391-value"


def read(root, content, name="file.yaml"):
    path = root / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return document.read(root, path)


def refusal(root, content) -> str:
    with pytest.raises(DeclarationError) as caught:
        read(root, content)
    return str(caught.value)


READABLE = {
    "empty file": ("", {}),
    "comment only": ("# nothing\n", {}),
    "text stays text": ("a: b\n", {"a": "b"}),
    "numbers": ("a: 1\nb: -2\nc: 1.5\nd: 1e3\n", {"a": 1, "b": -2, "c": 1.5, "d": 1000}),
    "a whole float is a whole number": ("a: 3.0\n", {"a": 3}),
    "booleans": ("a: true\nb: False\n", {"a": True, "b": False}),
    "null in every spelling": ("a: null\nb: ~\nc:\n", {}),
    "quoted words stay words": ("a: 'no'\nb: \"on\"\nc: '012'\n", {"a": "no", "b": "on", "c": "012"}),
    "dates stay text": ("a: 2026-11-23\n", {"a": "2026-11-23"}),
    "versions with two dots stay text": ("a: 1.2.3\n", {"a": "1.2.3"}),
    "aliases are copies": ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
    "a byte order mark": (b"\xef\xbb\xbfa: 1\n", {"a": 1}),
    "windows line ends": ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    "keys that look like numbers": ("1: a\n", {"1": "a"}),
    "template text passes through": (
        "a: '{{7*7}} ${{ x }} {% y %} #{z}'\n",
        {"a": "{{7*7}} ${{ x }} {% y %} #{z}"},
    ),
}


@pytest.mark.parametrize(("content", "expected"), READABLE.values(), ids=READABLE.keys())
def test_a_file_is_read(tmp_path, content, expected):
    assert plain(read(tmp_path, content)) == expected


REFUSED = {
    "a list at the top": ("- a\n", "1:1: must be a map of keys and values"),
    "a scalar at the top": ("a\n", "1:1: must be a map of keys and values"),
    "duplicate keys": ("a: 1\nb: 2\na: 3\n", "3:1: key 'a' stands twice, first on line 1"),
    "duplicate keys below": ("a: {b: 1, b: 2}\n", "1:11: key 'b' stands twice, first on line 1"),
    "duplicate keys in two spellings": ("a: 1\n'a': 2\n", "2:1: key 'a' stands twice, first on line 1"),
    "merge key": ("a: &x {b: 1}\nc:\n  <<: *x\n", "3:3: merge keys (<<) are not supported"),
    "python tag": (
        "a: !!python/object/apply:os.system [echo]\n",
        "1:4: a tag is not allowed here",
    ),
    "python tag on a scalar": ("a: !!python/name:os.system ''\n", "1:4: a tag is not allowed here"),
    "own tag": ("a: !secret b\n", "1:4: a tag is not allowed here"),
    "binary": ("a: !!binary aGk=\n", "1:4: a tag is not allowed here"),
    "tag on a key": ("!x a: b\n", "1:1: a tag is not allowed here"),
    "set": ("a: !!set {b}\n", "1:4: a tag is not allowed here"),
    "norway": ("a: no\n", "1:4: means another thing in YAML 1.1 than in YAML 1.2"),
    "norway in capitals": ("a: NO\n", "1:4: means another thing in YAML 1.1"),
    "switch": ("a: on\n", "1:4: means another thing in YAML 1.1"),
    "switch as key": ("on: a\n", "1:1: means another thing in YAML 1.1"),
    "sexagesimal": ("a: 22:22\n", "1:4: means another thing in YAML 1.1"),
    "octal of YAML 1.1": ("a: 0123\n", "1:4: is no decimal number"),
    "octal of YAML 1.2": ("a: 0o123\n", "1:4: is no decimal number"),
    "hexadecimal": ("a: 0x1F\n", "1:4: is no decimal number"),
    "underscores": ("a: 1_000\n", "1:4: is no decimal number"),
    "infinity": ("a: .inf\n", "1:4: is no decimal number"),
    "not a number": ("a: .nan\n", "1:4: is no decimal number"),
    "beyond all floats": ("a: 1e999\n", "1:4: is no decimal number"),
    "very long number": ("a: " + "9" * 5000 + "\n", "1:4: is no decimal number"),
    "map as key": ("{a: 1}: b\n", "1:1: a key must be plain text"),
    "list as key": ("? [a]\n: b\n", "1:3: a key must be plain text"),
    "escape in a key": ('"a\\e[31m": b\n', "1:1: a key must be plain text"),
    "several documents": ("a: 1\n---\nb: 2\n", "is not YAML: but found another document"),
    "unclosed bracket": ("a: [1\n", "2:1: is not YAML:"),
    "tab": ("a:\n\tb: 1\n", "2:1: is not YAML: found character"),
    "unknown alias": ("a: *b\n", "1:4: is not YAML: found undefined alias"),
    "alias of itself": ("a: &x [*x]\n", "grows beyond 32 levels"),
    "not UTF-8": (b"a: \xff\n", "file.yaml: is not UTF-8 (byte 3)"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "file.yaml: is not UTF-8 (byte 0)"),
    "control character": ("a: b\x00c\n", "character U+0000 at offset 4 is not allowed"),
    "33 levels": ("a: " + "[" * 33 + "]" * 33 + "\n", "grows beyond 32 levels"),
    "flow nesting of 10,000": ("a: " + "[" * 10_000 + "]" * 10_000 + "\n", "nests deeper than 32 levels"),
    "block nesting of 10,000": ("- " * 10_000 + "a\n", "nests deeper than 32 levels"),
    "20,001 entries": ("a: [" + "1," * 20_001 + "]\n", "holds more than 20000 lines or entries"),
    "20,001 lines": ("\n" * 20_001, "holds more than 20000 lines or entries"),
    "over 1 MiB": ("a: " + "b" * (1 << 20) + "\n", "is larger than 1 MiB"),
}


@pytest.mark.parametrize(("content", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_is_refused_and_the_place_is_named(tmp_path, content, expected):
    assert expected in refusal(tmp_path, content)


def test_all_problems_of_a_file_are_told_at_once(tmp_path):
    with pytest.raises(DeclarationError) as caught:
        read(tmp_path, "a: no\nb: 0x1\nb: 1\nc: !x y\n")
    assert [problem.where.line for problem in caught.value.problems] == [1, 2, 3, 4]


def test_every_value_knows_its_line_and_column(tmp_path):
    tree = read(tmp_path, "a:\n  b: 1\n  c: [x, {d: 2}]\n")
    places = {".".join(path): leaf.origin for path, leaf in leaves(tree)}
    assert places == {
        "a.b": Origin("file.yaml", 2, 6),
        "a.c.0": Origin("file.yaml", 3, 7),
        "a.c.1.d": Origin("file.yaml", 3, 14),
    }
    key = find(tree, ("a", "c"))
    assert key is not None
    assert key.key == Origin("file.yaml", 3, 3)


# Paths: classes 1, 3 and 6 of known flaws in readers of repositories.


@pytest.mark.parametrize("name", ["../out.yaml", "a/../../out.yaml", "a/../file.yaml"])
def test_a_path_with_dots_never_leaves_the_repository(tmp_path, name):
    (tmp_path / "out.yaml").write_text(f"a: {CANARY}\n")
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    with pytest.raises(DeclarationError, match="leaves the repository"):
        document.read(root, root / name)


def test_an_absolute_path_elsewhere_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="leaves the repository"):
        document.read(tmp_path, tmp_path.parent / "other.yaml")


def _linked_file(root, outside) -> None:
    (root / "file.yaml").symlink_to(outside)


def _linked_inside(root, _) -> None:
    (root / "real.yaml").write_text("a: 1\n")
    (root / "file.yaml").symlink_to("real.yaml")


def _linked_chain(root, outside) -> None:
    (root / "one.yaml").symlink_to(outside)
    (root / "file.yaml").symlink_to("one.yaml")


def _dangling(root, _) -> None:
    (root / "file.yaml").symlink_to("nowhere.yaml")


def _looped(root, _) -> None:
    (root / "file.yaml").symlink_to("file.yaml")


@pytest.mark.parametrize("make", [_linked_file, _linked_inside, _linked_chain, _dangling, _looped])
def test_a_symbolic_link_is_refused(tmp_path, make):
    outside = tmp_path / "secret"
    outside.write_text(f"a: {CANARY}\n")
    root = tmp_path / "root"
    root.mkdir()
    make(root, outside)
    with pytest.raises(DeclarationError, match="is a symbolic link") as caught:
        document.read(root, root / "file.yaml")
    assert CANARY not in str(caught.value)


def test_a_linked_folder_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file.yaml").write_text("a: 1\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DeclarationError, match="folder: is a symbolic link"):
        document.read(root, root / "folder" / "file.yaml")


def test_a_link_that_appears_after_the_check_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "real.yaml").write_text("a: 1\n")
    (tmp_path / "file.yaml").symlink_to("real.yaml")
    monkeypatch.setattr(document, "guard", lambda *_: None)
    with pytest.raises(DeclarationError, match="is a symbolic link"):
        document.read(tmp_path, tmp_path / "file.yaml")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "file.yaml")
    with pytest.raises(DeclarationError, match="is not a regular file"):
        document.read(tmp_path, tmp_path / "file.yaml")


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "file.yaml").mkdir()
    with pytest.raises(DeclarationError, match="is not a regular file"):
        document.read(tmp_path, tmp_path / "file.yaml")


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(DeclarationError, match="cannot be read: no such file"):
        document.read(tmp_path, tmp_path / "file.yaml")


# Leaks and bombs: classes 2, 9, 10 and 11.


@pytest.mark.parametrize(
    "content",
    [
        f"a: {CANARY}\nb: [\n",
        f"a: *{CANARY}\n",
        f"a: &{CANARY} 1\nb: &{CANARY} [\n",
        f"a: !{CANARY} b\n",
        f"a: !<{CANARY}> b\n",
        f"!{CANARY}!x a: b\n",
        f'a: "{CANARY} \\q"\n',
        f"a: '{CANARY}\n",
        f"- {CANARY}\n",
        f"{CANARY}\n",
        f"a: @{CANARY}\n",
        f"a: |{CANARY}\n",
        f"%{CANARY}\n",
        f"%YAML {CANARY}\n---\na: 1\n",
        f"%TAG ! {CANARY}\n---\na: !x 1\n",
        f"root:{CANARY}:0:0:root\ndaemon: [\n",
        f"a: {CANARY}\n---\nb: {CANARY}\n",
        f"a: {CANARY}\x01\n",
    ],
    ids=repr,
)
def test_error_texts_never_hold_values(tmp_path, content):
    assert CANARY not in refusal(tmp_path, content)


BOMBS = {
    "aliases of aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)),
    "one long list many times": "a: &a [" + "x, " * 900 + "]\nb: [" + "*a, " * 900 + "]\n",
    "brackets": "a: " + "[" * 19_000,
    "dashes": "a:\n" + "- " * 500_000,
    "question marks": "? " * 500_000,
    "braces in a line": "a: " + "{b: " * 19_000,
    "a long word": "a: " + "b" * 1_000_000,
    "long quotes": 'a: "' + "\\u0041" * 170_000 + '"\n',
    "anchors": "a: " + "&x " * 300_000,
    "colons": "a" + ":" * 300_000,
    "many keys": "".join(f"k{i}: v\n" for i in range(19_900)),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_costs_bounded_time(tmp_path, content):
    started = time.process_time()
    with contextlib.suppress(DeclarationError):
        read(tmp_path, content)
    assert time.process_time() - started < 12


@pytest.mark.parametrize("name", ["aliases of aliases", "one long list many times", "brackets"])
def test_a_bomb_costs_bounded_memory(tmp_path, name):
    tracemalloc.start()
    refusal(tmp_path, BOMBS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_huge_file_is_refused_unread(tmp_path):
    with (tmp_path / "file.yaml").open("wb") as file:
        file.truncate(50 << 20)
    tracemalloc.start()
    with pytest.raises(DeclarationError, match="larger than 1 MiB"):
        document.read(tmp_path, tmp_path / "file.yaml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_python_object_is_never_made(tmp_path):
    mark = tmp_path / "made"
    refusal(tmp_path, f'a: !!python/object/apply:pathlib.Path.touch ["{mark}"]\n')
    assert not mark.exists()


_pieces = st.sampled_from(
    [
        *"[]{}:,-?&*!|>'\"%@`#\n\t \\\x85\u2028\ufeff",
        "a",
        "1",
        "~",
        "\n  ",
        ": ",
        "- ",
        "!!",
        "<<",
        "---\n",
        "*a",
        "&a ",
    ]
)


@given(st.text(max_size=60) | st.lists(_pieces, max_size=40).map("".join))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_map_or_a_declaration_error(tmp_path, text):
    assert _outcome(tmp_path, text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_map_or_a_declaration_error(tmp_path, content):
    assert _outcome(tmp_path, content)


def _outcome(root, content) -> bool | tuple:
    """Whether a map was read, or the problems; any other exception goes through."""
    try:
        return read(root, content).is_map
    except DeclarationError as error:
        return error.problems
