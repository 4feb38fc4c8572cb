"""The file of a new service, valid at once."""

from __future__ import annotations

import json
from collections.abc import Collection
from string import Template

from dharma.errors import InputError, Problem
from dharma.scaffold import Files, well_named
from dharma.spelling import nearest

_SERVICE = Template("""\
# yaml-language-server: $$schema=../../schemas/service.json
tenant: $tenant
description: $description
image:
  repository: registry.example/$tenant/$name
  tag: 0.1.0
  digest: placeholder # dharma set image $name sha256:...
ports:
  http: {port: 8080} # the first is the main one; protocols are http, grpc and tcp
resources: {cpu: 100m, memory: 256Mi}
replicas: {min: 2, max: 4}
health: {liveness: /healthz, readiness: /readyz}
data: {classification: internal, personal: false}
slo:
  availability: 99.5
  latency: {threshold: 500ms, percent: 99}

# Services that it calls, as `name` or `name:port`; all other calls are refused.
calls: []

# expose: {gateway: internal}
# rollout:
#   canary: {steps: [10, 50], pause: 5m}
""")


def service_files(
    name: str, tenant: str, description: str, services: Collection[str], tenants: Collection[str]
) -> Files:
    """The file of a service by path; raises InputError for a bad name or an unknown tenant."""
    well_named("service", name, services)
    if tenant not in tenants:
        raise InputError([Problem(f"tenant {tenant!a}", "is not declared", nearest(tenant, tenants))])
    words = {"name": name, "tenant": tenant, "description": json.dumps(description, ensure_ascii=False)}
    return {f"environments/services/{name}.yaml": _SERVICE.substitute(words)}
