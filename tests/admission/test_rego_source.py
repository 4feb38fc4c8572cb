"""What a Rego file refers to is read from its code, and never from its strings or comments."""

from __future__ import annotations

import pytest

from dharma.admission.source import Source, by_package, closure

READS = {
    "a field": ("x := input.object.spec", {"object"}),
    "a field by name": ('x := input["component"].name', {"component"}),
    "a field over two lines": ("x := input.\n\tobject", {"object"}),
    "the whole": ("x := f(input)", {""}),
    "a field at a place that varies": ("x := input[name]", {""}),
    "a comment": ("x := 1 # input.component", set()),
    "a string": (r'x := "say \"input.component\" twice"', set()),
    "a raw string": ("x := `one\ninput.component`", set()),
    "a field that is called input": ("x := object.input.name", set()),
    "a name that begins alike": ("x := inputs.name", set()),
    "a comment sign in a string": ('x := "#"; y := input.target', {"target"}),
}


@pytest.mark.parametrize(("code", "fields"), READS.values(), ids=READS)
def test_what_a_file_reads_of_its_input(code: str, fields: set[str]) -> None:
    assert Source(f"package dharma.some.rule\n\n{code}\n").inputs == fields


def test_the_head_goes_and_only_names_of_packages_change() -> None:
    text = (
        "# METADATA\n# title: data.dharma.lib.pods\n"
        "package dharma.images.digest\n\nimport data.dharma.lib.pods\n\n"
        'x := "data.dharma.lib.pods" # data.dharma.lib.pods\n'
        "y := `\nimport data.dharma.lib.pods\n`\n"
        "z := data.dharma.lib.lists.at(my.data.dharma, [])\n"
    )
    assert Source(text).under("lib") == (
        "package lib.dharma.images.digest\n\nimport data.lib.dharma.lib.pods\n\n"
        'x := "data.dharma.lib.pods" # data.dharma.lib.pods\n'
        "y := `\nimport data.dharma.lib.pods\n`\n"
        "z := data.lib.dharma.lib.lists.at(my.data.dharma, [])\n"
    )


def test_a_rule_needs_the_libraries_of_its_libraries_and_no_others() -> None:
    known = by_package(
        [
            "package dharma.a.rule\nimport data.dharma.lib.one\n",
            "package dharma.lib.one\nx := data.dharma.lib.two.x\n",
            "package dharma.lib.two\nimport data.dharma.lib.one\nx := 1\n",
            "package dharma.lib.twofold\nx := 1\n",
        ]
    )
    assert closure("dharma.a.rule", known) == ("dharma.lib.one", "dharma.lib.two", "dharma.a.rule")


def test_whoever_takes_a_folder_of_packages_needs_them_all() -> None:
    known = by_package(
        [
            "package dharma.a.rule\nx := data.dharma.lib\n",
            "package dharma.lib.one\n",
            "package dharma.lib.two\n",
        ]
    )
    assert closure("dharma.a.rule", known) == ("dharma.lib.one", "dharma.lib.two", "dharma.a.rule")
