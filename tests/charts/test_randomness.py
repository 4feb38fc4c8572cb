"""Random functions are found where templates call them, in words, strings and comments not."""

import pytest

from dharma.charts.randomness import Call, blamed, calls, without

RANDOM = {"randAlphaNum", "now", "uuidv4"}
TEMPLATES = {
    "a call": ("a: {{ randAlphaNum 5 }}", "a: {{ fail 5 }}"),
    "in parentheses": (
        "{{- default (randAlphaNum 5) .Values.x | quote -}}",
        "{{- default (fail 5) .Values.x | quote -}}",
    ),
    "in a pipe": ('{{ now | date "2006" }}', '{{ fail | date "2006" }}'),
    "twice": ("{{ now }}{{ now }}", "{{ fail }}{{ fail }}"),
    "over lines": ("{{ if\n  now }}", "{{ if\n  fail }}"),
    "after a string with braces": ('{{ printf "}}" now }}', '{{ printf "}}" fail }}'),
    "a field": ("{{ .Values.now }} {{ $now }} {{ .now.uuidv4 }}", None),
    "a string": ('{{ print "now" `uuidv4` }}', None),
    "a comment": ("{{/* now */}} {{- /* it's now */ -}}", None),
    "text outside": ("now: uuidv4", None),
    "a longer word": ("{{ nowhere }}", None),
}


@pytest.mark.parametrize(("text", "failing"), TEMPLATES.values(), ids=TEMPLATES)
def test_only_calls_are_replaced(text, failing):
    files = {"x": text.encode()}
    assert without(files, RANDOM) == {"x": (failing or text).encode()}
    assert bool(calls(files, RANDOM)) == (failing is not None)


def test_calls_are_told_with_file_and_line():
    files = {"templates/a.yaml": b"a: 1\nb: {{ now }}\n", "b.bin": b"\xff{{ now }}"}
    assert calls(files, RANDOM) == [Call("templates/a.yaml", 2, "now")]


def test_helms_message_tells_which_of_several_calls_it_was():
    found = [Call("templates/a.yaml", 2, "now"), Call("templates/b.yaml", 1, "uuidv4")]
    message = "Error: template: lamp/templates/b.yaml:1:9: executing at <fail>: wrong number of args"
    assert blamed(message, found) == found[1:]
    assert blamed("no place", found) == found
