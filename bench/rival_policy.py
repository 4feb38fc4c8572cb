"""The same objects held against the same rules and the same schemas by every gate, and what each said.

Rules are the shipped object rules: Dharma evaluates them as they are, conftest the same Rego with
`input` renamed, gator the ConstraintTemplates that Dharma compiles from them. Some objects are spoiled,
so that there is something to find.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from gate import checkov as checkov_command
from gate import conftest as conftest_command
from gate import kubeconform as kubeconform_command
from gate import write_objects
from rival_objects import Json
from rival_rendering import DHARMA, Step
from rival_tools import Tool

EVERY = 5
"""One object of so many is spoiled."""
CHECK = (*DHARMA, "check", "objects", "--format", "json")
SCHEMAS_ONLY = """
import json, os
from pathlib import Path
from dharma.build import schemas_for
from dharma.foreign import read
from dharma.repository import schema_folders
from dharma.schemas import newest
schemas = schemas_for(newest(), schema_folders(None))
bad = {one.source.file for one in read([Path("objects")]).manifests if schemas.check(one.body)}
print(json.dumps(sorted(bad)))
"""

Verdicts = Counter[tuple[str, ...]]


def write_spoiled(folder: Path, count: int, *, invalid: bool = False) -> None:
    """Objects, one a file; every fifth breaks rules, or its schema."""
    write_objects(folder, count)
    for file in sorted(folder.rglob("*.yaml"))[::EVERY]:
        body = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        if invalid:
            body["spec"] = "not an object"
        else:
            _spoil(body)
        file.write_text(yaml.safe_dump(body))


def _spoil(body: Json) -> None:
    body["metadata"].get("labels", {}).pop("app.kubernetes.io/component", None)
    spec = body.get("spec", {})
    for container in spec.get("template", {}).get("spec", {}).get("containers", ()):
        container["image"] = container["image"].partition("@")[0].rpartition(":")[0] + ":latest"
        container["securityContext"] = {"privileged": True}
        container.get("resources", {}).pop("limits", None)
    if body["kind"] == "Service":
        spec["type"] = "NodePort"
    if body["kind"] == "NetworkPolicy":
        spec["ingress"] = [{}]


# ---- commands: each is run in the folder that holds `objects` --------------------------------------


def conftest(folder: Path, tool: Tool) -> Step:
    """The shipped rules with `input.object` read as `input`, each asked for its kinds only."""
    return conftest_command(folder, str(tool.program))


def gator(folder: Path, tool: Tool) -> Step:
    """ConstraintTemplates and Constraints as Dharma gives them to Gatekeeper."""
    from dharma.admission.constraint import constraint
    from dharma.admission.template import admitted, template
    from dharma.foreign import neutral_target
    from dharma.gate import rules_of

    rules = rules_of(None)
    chosen = admitted(rules)
    bodies = [template(rule, rules) for rule in chosen]
    bodies += [constraint(rule, neutral_target(), rule.metadata.severity, ()) for rule in chosen]
    (folder / "gatekeeper.yaml").write_text(yaml.safe_dump_all(bodies))
    return (str(tool.program), "test", "-f", "gatekeeper.yaml", "-f", "objects", "-o", "json")


def kubeconform(folder: Path, tool: Tool) -> Step:
    """The same catalogue and the same release of Kubernetes' own schemas."""
    program, *rest = kubeconform_command(folder, str(tool.program))
    return (program, "-output", "json", *rest)


def checkov(folder: Path, tool: Tool) -> Step:
    """Its own checks: other work than the rules, so its verdicts are not compared."""
    return checkov_command(folder, str(tool.program))


# ---- verdicts: (rule, object, message) -------------------------------------------------------------


def output(command: Sequence[str], folder: Path) -> Any:
    """What a command prints as JSON; it may say with 1 that it found something."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode > 1:
        raise RuntimeError(f"{command[0]} failed with {ran.returncode}: {ran.stderr[-2000:]}")
    return json.loads(ran.stdout)


@cache
def _findings(folder: Path) -> tuple[Json, ...]:
    found: list[Json] = output((*CHECK, "--no-cache"), folder)["findings"]
    return tuple(found)


def of_conftest(command: Step, folder: Path) -> tuple[Verdicts, Verdicts]:
    """Dharma's verdicts and conftest's, by file; conftest says equal messages of a file once."""
    own = {(one["file"], one["rule"], one["message"]) for one in _findings(folder)}
    other = {
        (row["filename"], *said["msg"].split(": ", 1))
        for row in output(command, folder)
        for said in (*row.get("failures", ()), *row.get("warnings", ()))
    }
    return Counter(own), Counter(other)


def of_gator(command: Step, folder: Path) -> tuple[Verdicts, Verdicts]:
    """Dharma's verdicts of the rules that may run at admission, and gator's, by object."""
    from dharma.admission.template import admitted, kind_of
    from dharma.gate import rules_of

    names = {kind_of(rule): rule.id for rule in admitted(rules_of(None))}
    own = Counter(
        (one["rule"], one["subject"], one["message"])
        for one in _findings(folder)
        if one["rule"] in names.values()
    )
    other: Verdicts = Counter()
    for row in output(command, folder) or ():
        body = row["violatingObject"]
        head = body["metadata"]
        group = body["apiVersion"].rpartition("/")[0]
        subject = f"{group}/{body['kind']}/{head.get('namespace', '')}/{head['name']}"
        other[names[row["constraint"]["kind"]], subject, row["msg"]] += 1
    return own, other


def of_kubeconform(command: Step, folder: Path) -> tuple[Verdicts, Verdicts]:
    """The files whose object its schema refuses, by Dharma and by kubeconform."""
    own = Counter((one["file"],) for one in _findings(folder) if one["rule"] == "schema/valid")
    rows = output(command, folder)["resources"]
    other = Counter((row["filename"],) for row in rows if row["status"] == "statusInvalid")
    return Counter(set(own)), Counter(set(other))
