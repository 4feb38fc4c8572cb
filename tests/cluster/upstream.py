"""Charts of our own in the place of upstream's, in a registry on loopback.

Each has the real custom resource definitions of its system and one Deployment in the place of its
programs; that of Argo CD writes Argo CD's configuration from its values, as the real one does.
"""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dharma_rego import emit
from tests.cluster.lab import Lab, binary, crd_files, free_port

HELM = "helm"
DEFINITIONS = {
    "base": ".istio.io.yaml",
    "prometheus-operator-crds": "monitors.monitoring.coreos.com.yaml",
    "gatekeeper": ".gatekeeper.sh.yaml",
    "argo-rollouts": ("rollouts.argoproj.io.yaml", "analysistemplates.argoproj.io.yaml"),
}
"""Chart to the ends of the names of the definitions it installs; only those that the platform uses."""
WITHOUT_PROGRAM = frozenset({"base", "prometheus-operator-crds", "widgets-crds"})
WIDGETS = "widgets-crds"
"""Chart of the definition of Widgets, which belong to no upstream system; 1.1.0 adds a field."""

_DEFINITIONS = """\
{{- $kept := .Values.crdAnnotations | default dict }}
{{- range $path, $_ := .Files.Glob "definitions/*.yaml" }}
{{- $crd := $.Files.Get $path | fromYaml }}
{{- $own := $crd.metadata.annotations | default dict }}
{{- $_ := set $crd.metadata "annotations" (merge (deepCopy $kept) $own) }}
---
{{ toYaml $crd }}
{{- end }}
"""
_PROGRAM = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}", namespace: "{{ .Release.Namespace }}"}
spec:
  replicas: 1
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata:
      labels: {app: "{{ .Release.Name }}"}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: main
        image: registry.example/{{ .Chart.Name }}:{{ .Chart.Version }}
        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""
_WEBHOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: istio-validator-istio-system}
webhooks:
- name: rev.validation.istio.io
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: istiod, namespace: istio-system, path: /validate}}
  failurePolicy: Ignore
  sideEffects: None
  namespaceSelector: {matchLabels: {lab.dharma.dev/nowhere: "true"}}
"""
_WIDGETS = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.lab.dharma.dev}
spec:
  group: lab.dharma.dev
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer}
              {{- if semverCompare ">=1.1.0" .Chart.Version }}
              colour: {type: string}
              {{- end }}
"""
_ARGOCD = """\
{{- define "config" }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ index . 0 }}
  namespace: argocd
  labels: {app.kubernetes.io/part-of: argocd}
data:
{{- range $key, $value := index . 1 }}
  {{ $key }}: {{ toString $value | quote }}
{{- end }}
{{- end }}
{{- $told := .Values.notifications }}
{{- $said := merge (dict) ($told.notifiers | default dict) $told.templates $told.triggers }}
{{- with $told.subscriptions }}{{ $said = set $said "subscriptions" (toYaml .) }}{{ end }}
---
{{ template "config" (list "argocd-cm" .Values.configs.cm) }}
---
{{ template "config" (list "argocd-rbac-cm" .Values.configs.rbac) }}
---
{{ template "config" (list "argocd-cmd-params-cm" .Values.configs.params) }}
---
{{ template "config" (list "argocd-notifications-cm" $said) }}
---
{{ range .Values.extraObjects }}{{ toYaml . }}
---
{{ end }}
"""


class Upstream:
    """A registry of the lab with the charts that a platform's Applications name."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.prefix = f"{self.address}/lab"
        self.folder = folder
        self.pushed: set[tuple[str, str]] = set()
        registry = lab.run("crane", "registry", "serve", f"--address=127.0.0.1:{port}")
        registry.until(lambda: _open(f"http://{self.address}/v2/"))

    def push(self, sources: Iterable[Mapping[str, Any]]) -> None:
        """Publish a chart for each source of an Application that names one."""
        for source in sources:
            chart, version = source["chart"], source["targetRevision"]
            if (chart, version) not in self.pushed:
                package = self._package(chart, version)
                run(HELM, "push", package, f"oci://{self.prefix}/charts", "--plain-http")
                self.pushed.add((chart, version))

    def template(self, source: Mapping[str, Any]) -> str:
        """What a chart renders to, as helm prints it."""
        values = self.folder / f"{source['chart']}-values.yaml"
        values.write_bytes(emit(source["helm"]["valuesObject"]))
        package = self.folder / f"{source['chart']}-{source['targetRevision']}.tgz"
        return run(HELM, "template", source["helm"]["releaseName"], package, "--values", values)

    def _package(self, chart: str, version: str) -> Path:
        place = self.folder / chart
        (place / "templates").mkdir(parents=True, exist_ok=True)
        (place / "definitions").mkdir(exist_ok=True)
        (place / "Chart.yaml").write_text(f'apiVersion: v2\nname: {chart}\nversion: "{version}"\n')
        for name, template in _templates(chart).items():
            (place / "templates" / f"{name}.yaml").write_text(template)
        for file in definitions(chart):
            (place / "definitions" / file.name).write_bytes(file.read_bytes())
        run(HELM, "package", place, "--destination", self.folder)
        return self.folder / f"{chart}-{version}.tgz"


def definitions(chart: str) -> list[Path]:
    """Files of the definitions that a chart installs."""
    ends = DEFINITIONS.get(chart)
    return [file for file in crd_files() if file.name.endswith(ends)] if ends else []


def run(program: str, *arguments: object) -> str:
    """Run one of the lab's programs; what it printed."""
    command = [str(part) for part in (binary(program), *arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _templates(chart: str) -> dict[str, str]:
    found = {"definitions": _DEFINITIONS} if chart in DEFINITIONS else {}
    if chart not in WITHOUT_PROGRAM:
        found["program"] = _PROGRAM
    if chart == WIDGETS:
        found["widgets"] = _WIDGETS
    if chart == "istiod":
        found["webhook"] = _WEBHOOK
    if chart == "argo-cd":
        found["config"] = _ARGOCD
    return found


def _open(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False
