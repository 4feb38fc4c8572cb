"""The files of a new platform repository, which uses the installed Dharma and copies nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from dharma import __version__
from dharma.platform import SHIPPED
from dharma.scaffold import Files
from dharma.scaffold.environment import environment_files
from dharma.scaffold.service import service_files

DOMAIN = "platform.example"
_REGION = "region-a"
_TENANT = "demo"

_BASE = Template("""\
# yaml-language-server: $$schema=../schemas/environment.json
description: What all environments share.
dharma: "$versions"
domain: $domain
organisation: example
gitops:
  repository: https://git.$domain/platform/platform.git # where this repository is pushed to
  credentials: repository-credentials # a Secret in Argo CD's namespace; only its name
identity:
  issuer: https://id.$domain/realms/platform
  clientId: kubernetes
  adminGroup: platform-admins

regions:
  $region: {role: primary, location: Frankfurt, residency: eu}

# A component left out is not installed; its options stand in schemas/environment.json.
components:
$components

serviceDefaults:
  replicas: {min: 2, max: 4}
  resources: {cpu: 100m, memory: 256Mi}
  slo: {availability: 99.5}
""")
_TENANTS = Template("""\
# yaml-language-server: $$schema=../schemas/tenants.json
tenants:
  platform:
    description: Runs the platform.
    costCentre: cc-1000
    contact: {email: platform@$domain, page: true}
    groups: {admin: [platform-admins], viewer: [platform-viewers]}
    quota: {cpu: "16", memory: 32Gi, storage: 100Gi, pods: 100}
    budget: {monthly: 4000, currency: USD}

  $tenant:
    description: Owns the first service.
    costCentre: cc-2000
    contact: {email: $tenant@$domain}
    groups: {admin: [$tenant-admins], developer: [$tenant-developers]}
    quota: {cpu: "8", memory: 16Gi, storage: 50Gi, pods: 50}
    budget: {monthly: 1000, currency: USD}
""")
_README = Template("""\
# Platform

Declared under `environments/`, rendered into `generated/` by Dharma $version, synced by Argo CD.

```sh
pip install -r requirements.txt
dharma build            # after every change; commit generated/ with it
dharma build --check    # in CI: exit 1 with a difference when generated/ is stale
```

| to | do |
|---|---|
| see where a value comes from | `dharma explain $first/$region services.hello.replicas.min` |
| set an option of a component | write it under `components` in base.yaml, an environment or a region |
| add a service | `dharma new service NAME --tenant $tenant` |
| add an environment | `dharma new environment NAME --from $first` |
| add a component of your own | `dharma new component NAME`; it lives in `components/` |
| hold it against every rule | `dharma check`; exits 1 when a finding denies |
| pin an image | `dharma set image hello sha256:…` |
| accept a finding for a while | `dharma new waiver RULE --object PATTERN …` |
| add a rule | `dharma new rule CATEGORY/NAME`; it lives in `policies/rego/` |
| see it all | `dharma graph --format svg --output platform.svg` |
| update Dharma | change `requirements.txt` and `dharma:` in base.yaml, `dharma schema --write`, build |

`dharma check` denies the service `hello` in $strictest at first: its image has a placeholder for a
digest, and `environments/enforcement.yaml` lets none pass there. Build the image, then write its digest
with `dharma set image`.

Files under `generated/` and `schemas/` are written, never edited. Custom resources are checked when
`DHARMA_SCHEMAS` names a catalogue in kubeconform's layout, or `schemas/crds` is one, which
`dharma schemas add --crds DIR` fills.
""")
_ENFORCEMENT = Template("""\
# yaml-language-server: $$schema=../schemas/enforcement.json
# How grave a finding is, where that differs from the rule's own severity: deny, warn or audit,
# for a rule or a whole category, by environment and region.
enforcement:
  images/placeholder: # production runs only what is pinned by its digest
    environments:
      $strictest: {level: deny}
""")
_COMPONENTS = """\
# Components of this platform

What Dharma ships needs no file here. `dharma new component NAME` adds a folder with

- `options.py`: what `environments/` may set, what must be there first (`requires`), its namespaces.
  It imports no cdk8s.
- `chart.py`: `declare` and one `@part` method for each object.
- `README.md`, and `tests/components/test_NAME.py`, which `pytest` runs.

The folder's name with `-` for `_` is the component's name under `components` in `environments/base.yaml`.
"""
_IGNORED = "__pycache__/\n.pytest_cache/\n.venv/\n"


def repository_files(environments: Sequence[str]) -> Files:
    """Every file of a new platform repository but `schemas/` and `generated/`, by path."""
    words = {
        "versions": versions(__version__),
        "version": __version__,
        "domain": DOMAIN,
        "region": _REGION,
        "tenant": _TENANT,
        "first": environments[0],
        "strictest": strictest(environments),
        "components": "\n".join(f"  {name}: {{}}" for name in SHIPPED),
    }
    files = {
        "README.md": _README.substitute(words),
        "requirements.txt": f"dharma=={__version__}\n",
        ".gitignore": _IGNORED,
        "components/README.md": _COMPONENTS,
        "environments/base.yaml": _BASE.substitute(words),
        "environments/enforcement.yaml": _ENFORCEMENT.substitute(words),
        "environments/tenants.yaml": _TENANTS.substitute(words),
    }
    for ring, name in enumerate(environments):
        files.update(environment_files(name, DOMAIN, [_REGION], environments[:ring], ring=ring))
    return {**files, **service_files("hello", _TENANT, "The first service.", (), {_TENANT})}


def strictest(environments: Sequence[str]) -> str:
    """Where placeholders for digests are refused: production, or the environment changes reach last."""
    return "production" if "production" in environments else environments[-1]


def versions(version: str) -> str:
    """The pin that lets patches of a release in: `>=0.1.0,<0.2`."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return f">={version},<{major}.{minor + 1}"
