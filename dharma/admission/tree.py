"""Tree: what is compiled for a place of enforcement as files, to be applied or checked without Dharma."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dharma_rego
from dharma.admission import floor
from dharma.admission.definition import definition, schema, schema_file
from dharma.admission.gatekeeper import objects
from dharma.admission.template import admitted
from dharma.policy.enforcement import Enforcement
from dharma.policy.rule import RuleSet
from dharma.policy.waiver import Waiver

_FOLDERS = {"ConstraintTemplate": "templates", "ExpansionTemplate": "expansion"}
_BINDING = "ValidatingAdmissionPolicyBinding"
GATEKEEPER = ("templates", "expansion", "constraints", "crds", "schemas")
FLOOR = ("floor",)


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


def floor_files(
    rules: RuleSet,
    targets: Iterable[Mapping[str, Any]],
    enforcement: Enforcement,
    waivers: Sequence[Waiver],
    today: date,
) -> dict[str, bytes]:
    """Every policy and binding of the floors of targets, in a folder for each target."""
    return {
        f"floor/{facts['name']}/{body['metadata']['name']}{_suffix(body)}.yaml": dharma_rego.emit(body)
        for facts in targets
        for body in floor.objects(rules, facts, enforcement, waivers, today)
    }


def write(folder: Path, found: Mapping[str, bytes], folders: Sequence[str] = GATEKEEPER) -> None:
    """Write the files; those in `folders` of an earlier time that are no more are removed."""
    for name in folders:
        for old in sorted((folder / name).rglob("*")):
            if old.is_file() and old.relative_to(folder).as_posix() not in found:
                old.unlink()
    for name, content in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _suffix(body: Mapping[str, Any]) -> str:
    return "-binding" if body["kind"] == _BINDING else ""
