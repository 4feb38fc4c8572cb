"""Tree: what is compiled for Gatekeeper as files, to be applied or checked without Dharma."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dharma_rego
from dharma.admission.definition import definition, schema, schema_file
from dharma.admission.gatekeeper import objects
from dharma.admission.template import admitted
from dharma.policy.enforcement import Enforcement
from dharma.policy.rule import RuleSet
from dharma.policy.waiver import Waiver

_FOLDERS = {"ConstraintTemplate": "templates", "ExpansionTemplate": "expansion"}


def files(
    rules: RuleSet,
    targets: Iterable[Mapping[str, Any]],
    enforcement: Enforcement,
    waivers: Sequence[Waiver],
) -> dict[str, bytes]:
    """Every file by its path; `targets` are the facts of targets.

    Templates, definitions and schemas are the same everywhere; Constraints stand in the folder of their
    target, all schemas in the layout of kubeconform.
    """
    found: dict[str, bytes] = {}
    for facts in targets:
        for body in objects(rules, facts, enforcement, waivers):
            folder = _FOLDERS.get(body["kind"], f"constraints/{facts['name']}")
            found[f"{folder}/{body['metadata']['name']}.yaml"] = dharma_rego.emit(body)
    for rule in admitted(rules):
        made = definition(rule)
        found[f"crds/{made['metadata']['name']}.yaml"] = dharma_rego.emit(made)
        found[f"schemas/{schema_file(rule)}"] = (json.dumps(schema(rule), indent=1) + "\n").encode()
    return found


def write(folder: Path, found: Mapping[str, bytes]) -> None:
    """Write the files; those of an earlier time that are no more are removed."""
    for name in ("templates", "expansion", "constraints", "crds", "schemas"):
        for old in sorted((folder / name).rglob("*")):
            if old.is_file() and old.relative_to(folder).as_posix() not in found:
                old.unlink()
    for name, content in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
