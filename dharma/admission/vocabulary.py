"""Vocabulary: the words that a rule's floor may use, as variables of a ValidatingAdmissionPolicy.

Written in CEL once, so that no rule says again where a workload keeps its pod. They take an object of
any shape that an API server admits, custom resources too: what is absent is empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dharma.policy.rule import Floor

WORDS: Mapping[str, str] = {
    "spec": "dyn(object).?spec.orValue({})",
    "name": "dyn(object).?metadata.?name.orValue('')",
    "namespace": "dyn(object).?metadata.?namespace.orValue('')",
    "labels": "dyn(object).?metadata.?labels.orValue({})",
    "annotations": "dyn(object).?metadata.?annotations.orValue({})",
    "template": (
        "(object.kind == 'Pod' ? optional.of(dyn(object))"
        " : object.kind == 'CronJob' ? dyn(object).?spec.?jobTemplate.?spec.?template"
        " : dyn(object).?spec.?template).orValue({})"
    ),
    "pod": "variables.template.?spec.orValue({})",
    "main": "variables.pod.?containers.orValue([])",
    "scheduled": "variables.main + variables.pod.?initContainers.orValue([])",
    "containers": "variables.scheduled + variables.pod.?ephemeralContainers.orValue([])",
    "volumes": "variables.pod.?volumes.orValue([])",
    "contexts": (
        "[variables.pod.?securityContext.orValue({})]"
        " + variables.containers.map(one, one.?securityContext.orValue({}))"
    ),
    "windows": "variables.pod.?os.?name.orValue('') == 'windows'",
    "images": "variables.containers.filter(one, has(one.image)).map(one, one.image)",
    "placeholder": "variables.annotations[?'dharma.dev/image-digest'].orValue('') == 'placeholder'",
    "grants": (
        "dyn(object).?rules.orValue([]).map(rule, {"
        "'groups': dyn(rule.?apiGroups.orValue([])),"
        " 'resources': dyn(rule.?resources.orValue([])),"
        " 'verbs': dyn(rule.?verbs.orValue([]))})"
    ),
    "target": "",
    "tenant": "variables.namespace in variables.target.tenants",
}
"""`scheduled` are the containers that ask for resources, `contexts` security contexts with the pod's own,
`target` the facts of the cluster, `tenant` whether an object stands in a tenant's namespace."""

_USED = re.compile(r"\bvariables\.([A-Za-z]+)")


def variables(floor: Floor, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The words that a floor uses and then its own, each after what it uses itself."""
    own = dict(floor.variables)
    needed = list(_needed([*own.values(), floor.expression], own))
    words = {**WORDS, "target": literal(dict(facts))}
    named = [name for name in WORDS if name in needed]
    return [
        *({"name": name, "expression": words[name]} for name in named),
        *({"name": name, "expression": one_line(text)} for name, text in own.items()),
    ]


def unknown(floor: Floor) -> list[str]:
    """What a floor uses that is neither a word nor a variable of its own, or hides a word."""
    own, seen = floor.variables, set[str]()
    wrong = [name for name in own if name in WORDS]
    for name, text in [*own.items(), ("", floor.expression)]:
        wrong += [used for used in _USED.findall(text) if used not in WORDS and used not in seen]
        seen.add(name)
    return wrong


def literal(value: Any) -> str:
    """A JSON value as CEL reads it; unlike members are `dyn`, as an API server wants those of one value alike."""
    if isinstance(value, Mapping):
        names, members = [literal(str(name)) for name in value], _alike(list(value.values()))
        return f"{{{', '.join(f'{name}: {item}' for name, item in zip(names, members, strict=True))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_alike(value))}]"
    # JSON's escapes are CEL's too, but for the two halves of a character beyond the first plane.
    return json.dumps(value, ensure_ascii=False)


def one_line(text: str) -> str:
    """An expression without the lines that YAML gave it."""
    return " ".join(text.split())


def _alike(members: Sequence[Any]) -> list[str]:
    texts = [literal(member) for member in members]
    return texts if all(isinstance(member, str) for member in members) else [f"dyn({text})" for text in texts]


def _needed(texts: list[str], own: Mapping[str, str]) -> Iterator[str]:
    waiting, seen = list(texts), set[str]()
    while waiting:
        for name in _USED.findall(waiting.pop()):
            if name not in own and name not in seen:
                seen.add(name)
                waiting.append(WORDS[name])
                yield name
