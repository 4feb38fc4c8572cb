"""The files of a new rule: metadata, a probe to replace, and tests that pass at once."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from keyword import kwlist
from string import Template

from dharma.errors import InputError, Problem
from dharma.policy.rule import LIBRARY, OTHERS
from dharma.scaffold import Files

FLEET_KINDS = ("Fleet",)
ANNOTATION = "platform.example/reviewed"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*/[a-z][a-z0-9]*(-[a-z0-9]+)*")
_KIND = re.compile(r"([a-z0-9][a-z0-9.-]*/)?[A-Z][A-Za-z0-9]*|\*")
# What Rego takes as a word of its own cannot name a package (Python has most of them).
_WORDS = frozenset(
    {"contains", "data", "default", "every", "false", "input", "null", "package", "some", "true", *kwlist}
)

_NO_KIND = "is no kind; write it as Deployment, argoproj.io/Rollout or *"

_HEAD = Template("""\
# METADATA
# title: $title
# description: |
#   Say here what goes wrong without it. As written it $probe,
#   so that there is something to pass and to fail.
# custom:
#   id: $id
#   severity: $severity
#   kinds: $kinds
#   remediation:
#     text: $mend
#     good: |
#       $good
#     bad: |
#       $bad
#   controls: {}
package dharma.$package
""")
_OBJECT_WORDS = {
    "probe": f"asks every object for\n#   the annotation {ANNOTATION}",
    "mend": f"Add the annotation {ANNOTATION}.",
    "good": f'metadata: {{annotations: {{{ANNOTATION}: "yes"}}}}',
    "bad": "metadata: {annotations: {}}",
}
_FLEET_WORDS = {
    "probe": "asks every target for objects",
    "mend": "Give the target components.",
    "good": "components: {tenancy: {}}",
    "bad": "components: {}",
}
_OBJECT = Template("""
annotations := object.get(object.get(input.object, "metadata", {}), "annotations", {})

$severity contains finding if {
	object.get(annotations, "$annotation", "") != "yes"
	finding := {
		"message": "nobody says that it was reviewed",
		"path": "metadata.annotations",
	}
}
""")
_OBJECT_TEST = Template("""\
package dharma.${package}_test

import data.dharma.$package as rule

named(annotations) := {
	"kind": "$kind",
	"metadata": {"name": "example", "annotations": annotations},
}

test_reviewed_object_passes if {
	findings := rule.$severity with input.object as named({"$annotation": "yes"})
	findings == set()
}

test_other_object_is_told if {
	findings := rule.$severity with input.object as named({})
	findings == {{"message": "nobody says that it was reviewed", "path": "metadata.annotations"}}
}

test_object_without_metadata_is_told if {
	findings := rule.$severity with input.object as {"kind": "$kind"}
	count(findings) == 1
}
""")
_FLEET = Template("""
$severity contains finding if {
	some target in data.fleet.targets
	count(target.objects) == 0
	finding := {
		"message": "the target holds no object",
		"path": "",
		"target": target.name,
		"subject": "",
	}
}
""")
_FLEET_TEST = Template("""\
package dharma.${package}_test

import data.dharma.$package as rule

one(objects) := {"targets": [{"name": "staging/region-a", "objects": objects}]}

test_target_with_objects_passes if {
	findings := rule.$severity with data.fleet as one({"/Service": {}})
	findings == set()
}

test_target_without_objects_is_told if {
	findings := rule.$severity with data.fleet as one({})
	findings == {{
		"message": "the target holds no object",
		"path": "",
		"target": "staging/region-a",
		"subject": "",
	}}
}
""")


def rule_files(name: str, kinds: Sequence[str], severity: str, taken: Collection[str]) -> Files:
    """A rule and its tests by path; raises InputError for a bad name or kind."""
    problems = [Problem(f"kind {kind!a}", _NO_KIND) for kind in kinds if not _KIND.fullmatch(kind)]
    if fault := _fault(name, taken):
        problems.append(Problem(f"rule {name!a}", *fault))
    if problems:
        raise InputError(problems)
    category, _, rule = name.replace("-", "_").partition("/")
    fleet = category == "fleet"
    words = {
        "id": name,
        "title": rule.replace("_", " ").capitalize(),
        "annotation": ANNOTATION,
        "severity": severity,
        "kinds": json.dumps(FLEET_KINDS if fleet else kinds),
        "kind": "Example" if kinds[0] == "*" else kinds[0].rpartition("/")[2],
        "package": f"{category}.{rule}",
    }
    words |= _FLEET_WORDS if fleet else _OBJECT_WORDS
    body, test = (_FLEET, _FLEET_TEST) if fleet else (_OBJECT, _OBJECT_TEST)
    path = f"policies/rego/{category}/{rule}"
    return {
        f"{path}.rego": _HEAD.substitute(words) + body.substitute(words),
        f"{path}_test.rego": test.substitute(words),
    }


def _fault(name: str, taken: Collection[str]) -> tuple[str, str] | None:
    if not _ID.fullmatch(name) or name.endswith("-test"):
        return (
            "is no CATEGORY/NAME",
            "Write two words of lower-case letters, digits and '-', as images/digest.",
        )
    category, _, rule = name.partition("/")
    if category in OTHERS | {LIBRARY} or {category, rule} & _WORDS:
        return "holds a reserved word", "Choose another name."
    return ("is there already", "Choose another name.") if name in taken else None
