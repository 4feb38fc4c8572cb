"""Generators of the same objects: each gets them in its own language, and is asked as its users ask it.

A preparation writes a generator's inputs into a folder and returns the command that fills `out` there.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml
from rival_objects import ENVIRONMENTS, NAMESPACE, REGIONS, SERVICES, TARGETS, Json, made, objects
from rival_tools import ROOT, Tool

Step = tuple[str, ...]

DHARMA = (sys.executable, "-c", "from dharma.cli import main; main()")


def dharma(folder: Path, _: Tool | None = None) -> Step:
    """A platform repository with one component of its own; `dharma build` also checks every object."""
    _dump(folder / "environments" / "base.yaml", _base())
    for name, replicas in ENVIRONMENTS.items():
        source = yaml.safe_load((ROOT / "environments" / f"{name}.yaml").read_text())
        source.pop("serviceDefaults", None)
        source["components"] = {"web": {"replicas": replicas}}
        _dump(folder / "environments" / f"{name}.yaml", source)
    shutil.copy(ROOT / "environments" / "tenants.yaml", folder / "environments" / "tenants.yaml")
    for name, text in (("__init__", ""), ("options", _OPTIONS), ("chart", _CHART)):
        _text(folder / "components" / "web" / f"{name}.py", text)
    return (*DHARMA, "build", "--no-cache")


def _base() -> Json:
    base: Json = yaml.safe_load((ROOT / "environments" / "base.yaml").read_text())
    kept = {name: value for name, value in base.items() if name not in {"serviceDefaults", "components"}}
    return {**kept, "components": {"web": {}}}


_OPTIONS = """\
from typing import ClassVar
from dharma.options import Options


class WebOptions(Options):
    chart: ClassVar[str] = f"{__package__}.chart:Web"
    replicas: int = 1
"""
_CHART = f"""\
from dharma.component import Component
from .options import WebOptions

SERVICES = {SERVICES!r}


class Web(Component[WebOptions]):
    name = "web"

    def declare(self) -> None:
        for name, port in SERVICES.items():
            self.service(name, port)

    def service(self, name: str, port: int) -> None:
        labels, target = {{"app": name}}, self.target
        selector = {{"matchLabels": labels}}
        container = {{
            "name": name,
            "image": f"registry.example/shop/{{name}}:1.4.0",
            "env": [{{"name": "REGION", "value": target.region_name}}],
            "envFrom": [{{"configMapRef": {{"name": name}}}}],
            "ports": [{{"name": "http", "containerPort": port}}],
            "resources": {{
                "requests": {{"cpu": "100m", "memory": "128Mi"}},
                "limits": {{"memory": "128Mi"}},
            }},
        }}
        template = {{"metadata": {{"labels": labels}}, "spec": {{"containers": [container]}}}}
        deployment = {{"replicas": self.options.replicas, "selector": selector, "template": template}}
        self.made("apps/v1", "Deployment", name, spec=deployment)
        ports = [{{"name": "http", "port": 80, "targetPort": "http"}}]
        self.made("v1", "Service", name, spec={{"selector": labels, "ports": ports}})
        data = {{"ENVIRONMENT": target.environment, "LOG_LEVEL": "info"}}
        self.made("v1", "ConfigMap", name, data=data)
        rule = {{"ports": [{{"port": "http"}}], "from": [{{"podSelector": {{}}}}]}}
        policy = {{"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [rule]}}
        self.made("networking.k8s.io/v1", "NetworkPolicy", name, spec=policy)
        budget = {{"maxUnavailable": 1, "selector": selector}}
        self.made("policy/v1", "PodDisruptionBudget", name, spec=budget)

    def made(self, version, kind, name, **rest) -> None:
        self.object(version, kind, name, namespace="{NAMESPACE}", **rest)
"""


def kustomize(folder: Path, tool: Tool) -> Step:
    """One base, nine overlays with a patch of each Deployment and ConfigMap; one process a target."""
    base = [one for name in SERVICES for one in objects(name, "base", "base", 1)]
    _dump(folder / "base" / "objects.yaml", *base)
    _dump(folder / "base" / "kustomization.yaml", {"resources": ["objects.yaml"]})
    for environment, region in TARGETS:
        patches = [
            {"patch": yaml.safe_dump(patch)}
            for name in SERVICES
            for patch in _patches(name, environment, region)
        ]
        overlay = folder / "overlays" / f"{environment}-{region}" / "kustomization.yaml"
        _dump(overlay, {"resources": ["../../base"], "patches": patches})
    return _each(f'"{tool.program}" build overlays/$target > out/$target.yaml')


def _patches(name: str, environment: str, region: str) -> Iterator[Json]:
    variable = {"name": name, "env": [{"name": "REGION", "value": region}]}
    spec = {
        "replicas": ENVIRONMENTS[environment],
        "template": {"spec": {"containers": [variable]}},
    }
    yield made("apps/v1", "Deployment", name, spec=spec)
    yield made("v1", "ConfigMap", name, data={"ENVIRONMENT": environment})


def helm(folder: Path, tool: Tool) -> Step:
    """One chart, nine files of values; one process a target."""
    values = {"services": [{"name": name, "port": port} for name, port in SERVICES.items()]}
    _dump(folder / "chart" / "Chart.yaml", {"apiVersion": "v2", "name": "web", "version": "1.0.0"})
    _dump(folder / "chart" / "values.yaml", values)
    one = _template("{{ .name }}", "{{ .port }}", "{{ $.Values.replicas }}", "{{ $.Values.environment }}")
    text = one.replace("@region", "{{ $.Values.region }}")
    _text(
        folder / "chart" / "templates" / "web.yaml",
        f"{{{{- range .Values.services }}}}\n{text}{{{{- end }}}}\n",
    )
    for environment, region in TARGETS:
        _dump(folder / "values" / f"{environment}-{region}.yaml", _values(environment, region))
    return _each(f'"{tool.program}" template web chart --values values/$target.yaml > out/$target.yaml')


def _values(environment: str, region: str) -> Json:
    return {"environment": environment, "region": region, "replicas": ENVIRONMENTS[environment]}


def _template(name: str, port: str, replicas: str, environment: str) -> str:
    """A service's objects as text with a template language's expressions in them."""
    bodies = list(objects("orders", "production", "@region", 97531))
    text = "".join(f"---\n{yaml.safe_dump(body)}" for body in bodies)
    for old, new in (("orders", name), ("8080", port), ("97531", replicas), ("production", environment)):
        text = text.replace(old, new)
    return text.replace("'@region'", "@region")


def kapitan(folder: Path, tool: Tool) -> Step:
    """Nine targets of an inventory with one Jinja2 template a service's objects; one process."""
    head = "{% set p = inventory.parameters %}{% for s in p.services %}"
    one = _template("{{ s.name }}", "{{ s.port }}", "{{ p.replicas }}", "{{ p.environment }}")
    text = one.replace("@region", "{{ p.region }}")
    _text(folder / "templates" / "web.yaml", f"{head}\n{text}{{% endfor %}}\n")
    shared = {"services": [{"name": name, "port": port} for name, port in SERVICES.items()]}
    compiled = [{"output_path": ".", "input_type": "jinja2", "input_paths": ["templates/web.yaml"]}]
    common = {**shared, "kapitan": {"compile": compiled}}
    _dump(folder / "inventory" / "classes" / "common.yml", {"parameters": common})
    for environment, region in TARGETS:
        name = f"{environment}-{region}"
        own = {**_values(environment, region), "target_name": name, "kapitan": {"vars": {"target": name}}}
        _dump(folder / "inventory" / "targets" / f"{name}.yml", {"classes": ["common"], "parameters": own})
    return (str(tool.program), "compile", "--output-path", "out")


def cdk8s(folder: Path, tool: Tool) -> Step:
    """A TypeScript app with a chart a target, run by cdk8s-cli; types are stripped by Node.js itself."""
    (folder / "node_modules").symlink_to(tool.program.parent.parent)
    bodies = {"services": SERVICES, "environments": ENVIRONMENTS, "regions": REGIONS}
    _text(folder / "app.cts", _APP.replace("@facts", json.dumps(bodies)))
    _dump(folder / "cdk8s.yaml", {"language": "typescript", "app": f"{_node()} app.cts"})
    return (str(tool.program), "synth", "--output", "out", "--check-upgrade=false")


_APP = f"""\
const {{ App, Chart, ApiObject }} = require('cdk8s');
const facts: any = @facts;
class Web extends Chart {{
  constructor(app: any, id: string, replicas: number, environment: string, region: string) {{
    super(app, id, {{ namespace: '{NAMESPACE}', disableResourceNameHashes: true }});
    for (const [name, port] of Object.entries(facts.services)) {{
      const labels = {{ app: name }};
      const selector = {{ matchLabels: labels }};
      const container = {{
        name, image: `registry.example/shop/${{name}}:1.4.0`,
        env: [{{ name: 'REGION', value: region }}], envFrom: [{{ configMapRef: {{ name }} }}],
        ports: [{{ name: 'http', containerPort: port }}],
        resources: {{ requests: {{ cpu: '100m', memory: '128Mi' }}, limits: {{ memory: '128Mi' }} }},
      }};
      const template = {{ metadata: {{ labels }}, spec: {{ containers: [container] }} }};
      const made = (apiVersion: string, kind: string, rest: any) =>
        new ApiObject(this, `${{name}}-${{kind}}`, {{ apiVersion, kind, metadata: {{ name }}, ...rest }});
      made('apps/v1', 'Deployment', {{ spec: {{ replicas, selector, template }} }});
      const ports = [{{ name: 'http', port: 80, targetPort: 'http' }}];
      made('v1', 'Service', {{ spec: {{ selector: labels, ports }} }});
      made('v1', 'ConfigMap', {{ data: {{ ENVIRONMENT: environment, LOG_LEVEL: 'info' }} }});
      const ingress = [{{ ports: [{{ port: 'http' }}], from: [{{ podSelector: {{}} }}] }}];
      const policy = {{ podSelector: selector, policyTypes: ['Ingress'], ingress }};
      made('networking.k8s.io/v1', 'NetworkPolicy', {{ spec: policy }});
      made('policy/v1', 'PodDisruptionBudget', {{ spec: {{ maxUnavailable: 1, selector }} }});
    }}
  }}
}}
const app = new App();
for (const [environment, replicas] of Object.entries(facts.environments))
  for (const region of facts.regions)
    new Web(app, `${{environment}}-${{region}}`, replicas as number, environment, region);
app.synth();
"""


def _node() -> str:
    """The Node.js that Dharma runs too: it strips types without a compiler."""
    from dharma import node

    node.prepare()
    return f"{os.environ['JSII_NODE']} --disable-warning=ExperimentalWarning"


def _each(command: str) -> Step:
    names = " ".join(f"{environment}-{region}" for environment, region in TARGETS)
    return ("sh", "-ec", f"mkdir -p out; for target in {names}; do {command}; done")


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _dump(path: Path, *bodies: Json) -> None:
    _text(path, yaml.safe_dump_all(bodies, sort_keys=False))


GENERATORS: Mapping[str, Callable[..., Step]] = {
    "kustomize": kustomize,
    "helm": helm,
    "kapitan": kapitan,
    "cdk8s-cli": cdk8s,
}
