# METADATA
# title: Sidecars know what their namespace calls
# description: |
#   A sidecar that imports */* holds the whole fleet's routes in memory and may call any of
#   them; with ALLOW_ANY it reaches hosts that nobody declared.
# custom:
#   id: mesh/sidecar-scope
#   severity: deny
#   kinds: [networking.istio.io/Sidecar]
#   remediation:
#     text: List ./* and the namespaces that are called, and set outboundTrafficPolicy to REGISTRY_ONLY.
#     good: |
#       spec: {egress: [{hosts: ['./*']}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}
#     bad: |
#       spec: {egress: [{hosts: ['*/*']}]}
#   controls:
#     soc2: ["CC6.6"]
#     nsa: ["network-separation"]
package dharma.mesh.sidecar_scope

import data.dharma.lib.lists

deny contains finding if {
	some number, listener in _egress
	some position, host in lists.at(listener, ["hosts"])
	is_string(host)
	startswith(host, "*/")
	finding := {
		"message": sprintf("imports %s from every namespace", [host]),
		"path": sprintf("spec.egress[%d].hosts[%d]", [number, position]),
	}
}

deny contains {"message": "imports everything", "path": "spec.egress"} if {
	count(_egress) == 0
}

deny contains finding if {
	not input.object.spec.outboundTrafficPolicy.mode == "REGISTRY_ONLY"
	finding := {"message": "reaches hosts that nobody declared", "path": "spec.outboundTrafficPolicy.mode"}
}

_egress := lists.at(input.object, ["spec", "egress"])
