"""The same three services on nine targets: 135 objects, their one definition, and how output is held to it.

What differs by target is what differs in practice: replicas by environment, an environment variable
and a ConfigMap by target.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]

SERVICES = {"orders": 8080, "checkout": 8081, "payments": 8082}
ENVIRONMENTS = {"development": 1, "staging": 2, "production": 3}
REGIONS = ("region-a", "region-b", "region-c")
TARGETS = [(environment, region) for environment in ENVIRONMENTS for region in REGIONS]
NAMESPACE = "default"


def reference() -> dict[str, list[Json]]:
    """Every target's objects."""
    return {f"{e}-{r}": [one for name in SERVICES for one in objects(name, e, r)] for e, r in TARGETS}


def objects(name: str, environment: str, region: str, replicas: int | None = None) -> Iterator[Json]:
    """A service's Deployment, Service, ConfigMap, NetworkPolicy and PodDisruptionBudget."""
    labels, port = {"app": name}, SERVICES[name]
    container = {
        "name": name,
        "image": f"registry.example/shop/{name}:1.4.0",
        "env": [{"name": "REGION", "value": region}],
        "envFrom": [{"configMapRef": {"name": name}}],
        "ports": [{"name": "http", "containerPort": port}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "128Mi"}},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    selector = {"matchLabels": labels}
    count = replicas or ENVIRONMENTS[environment]
    yield made(
        "apps/v1", "Deployment", name, spec={"replicas": count, "selector": selector, "template": template}
    )
    yield made(
        "v1",
        "Service",
        name,
        spec={"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    )
    yield made("v1", "ConfigMap", name, data={"ENVIRONMENT": environment, "LOG_LEVEL": "info"})
    policy = {
        "podSelector": selector,
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"port": "http"}], "from": [{"podSelector": {}}]}],
    }
    yield made("networking.k8s.io/v1", "NetworkPolicy", name, spec=policy)
    yield made("policy/v1", "PodDisruptionBudget", name, spec={"maxUnavailable": 1, "selector": selector})


def made(version: str, kind: str, name: str, **rest: Any) -> Json:
    """An object of the shop."""
    head = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": head, **rest}


def normalised(bodies: list[Json]) -> list[str]:
    """Objects without their own labels and annotations, in one order: tools mark what they make."""
    found = []
    for body in bodies:
        one = copy.deepcopy(body)
        for mark in ("labels", "annotations"):
            one["metadata"].pop(mark, None)
        found.append(json.dumps(one, sort_keys=True))
    return sorted(found)


def read(folder: Path) -> dict[str, list[Json]]:
    """What a generator wrote, by target: every file whose path names one."""
    found: dict[str, list[Json]] = {f"{e}-{r}": [] for e, r in TARGETS}
    for file in sorted(folder.rglob("*.yaml")):
        where = "-".join(file.relative_to(folder).with_suffix("").parts)
        target = next(name for name in found if name in where)
        documents = yaml.load_all(file.read_text(), Loader=yaml.CSafeLoader)
        found[target] += [one for one in documents if one]
    return found


def differing(folder: Path) -> list[str]:
    """The targets whose objects are not the reference's."""
    made, wanted = read(folder), reference()
    return [name for name, bodies in wanted.items() if normalised(made[name]) != normalised(bodies)]
