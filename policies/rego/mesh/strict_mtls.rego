# METADATA
# title: Workloads accept mutual TLS only
# description: |
#   In permissive mode a workload also takes plain text, from callers without an identity;
#   authorization by identity then has a way round. The policy of the whole mesh must say STRICT
#   itself.
# custom:
#   id: mesh/strict-mtls
#   severity: deny
#   kinds: [security.istio.io/PeerAuthentication]
#   remediation:
#     text: Set spec.mtls.mode to STRICT and leave ports to it.
#     good: |
#       spec: {mtls: {mode: STRICT}}
#     bad: |
#       spec: {mtls: {mode: PERMISSIVE}}
#   controls:
#     soc2: ["CC6.7"]
#     gdpr: ["32(1)(a)"]
#     nsa: ["network-separation"]
package dharma.mesh.strict_mtls

import data.dharma.lib.mesh

deny contains finding if {
	some place in _places
	place.mode in {"PERMISSIVE", "DISABLE"}
	finding := {"message": sprintf("accepts plain text in mode %s", [place.mode]), "path": place.path}
}

deny contains {"message": "does not say STRICT for the whole mesh", "path": "spec.mtls.mode"} if {
	input.object.metadata.namespace == mesh.root_namespace
	not input.object.spec.selector
	object.get(input.object, ["spec", "mtls", "mode"], "UNSET") == "UNSET"
}

_places contains {"mode": mode, "path": "spec.mtls.mode"} if mode := input.object.spec.mtls.mode

_places contains place if {
	ports := object.get(input.object, ["spec", "portLevelMtls"], {})
	is_object(ports)
	some port, setting in ports
	mode := setting.mode
	place := {"mode": mode, "path": sprintf("spec.portLevelMtls.%s.mode", [port])}
}
