# METADATA
# title: Nothing goes round or patches the proxy
# description: |
#   A pod that opts out of its sidecar, or keeps ports or addresses from it, escapes mutual TLS,
#   authorization and logs. An EnvoyFilter or a WasmPlugin changes the proxy below every policy
#   and breaks on updates.
# custom:
#   id: mesh/proxy-untouched
#   severity: deny
#   kinds: [Pod, Deployment, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout, networking.istio.io/EnvoyFilter, extensions.istio.io/WasmPlugin]
#   remediation:
#     text: Remove the annotation, label or filter; say what you need with the mesh's own kinds.
#     good: |
#       spec: {template: {metadata: {labels: {app: web}}}}
#     bad: |
#       spec: {template: {metadata: {annotations: {sidecar.istio.io/inject: 'false'}}}}
#   controls:
#     soc2: ["CC6.6", "CC6.7"]
package dharma.mesh.proxy_untouched

import data.dharma.lib.mesh

deny contains {"message": "patches the proxy below every policy", "path": ""} if {
	input.object.kind in {"EnvoyFilter", "WasmPlugin"}
}

deny contains finding if {
	_meshed
	some place in _templates
	some field in ["labels", "annotations"]
	is_object(place.metadata[field])
	some name, value in place.metadata[field]
	_bypass(name, value)
	finding := {
		"message": sprintf("keeps traffic from the proxy by %s", [name]),
		"path": sprintf("%s.%s", [place.path, field]),
	}
}

default _meshed := true

_meshed := false if {
	input.target.tenants
	not mesh.of_tenant(input.object, input.target)
}

_bypass(name, value) if {
	name == "sidecar.istio.io/inject"
	value == "false"
}

_bypass(name, _) if startswith(name, "traffic.sidecar.istio.io/exclude")

_bypass(name, _) if name in {"sidecar.istio.io/proxyImage", "sidecar.istio.io/bootstrapOverride"}

_templates contains {"metadata": input.object.metadata, "path": "metadata"} if input.object.kind == "Pod"

_templates contains {"metadata": metadata, "path": "spec.template.metadata"} if {
	metadata := input.object.spec.template.metadata
}

_templates contains {"metadata": metadata, "path": "spec.jobTemplate.spec.template.metadata"} if {
	metadata := input.object.spec.jobTemplate.spec.template.metadata
}
