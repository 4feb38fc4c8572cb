# METADATA
# title: Calls inside the mesh use mutual TLS
# description: |
#   A DestinationRule overrides what the mesh does by itself: DISABLE sends plain text, SIMPLE
#   hides the caller's identity from the callee, and INSECURE certificates are not verified.
# custom:
#   id: mesh/destination-tls
#   severity: deny
#   kinds: [networking.istio.io/DestinationRule]
#   remediation:
#     text: Use mode ISTIO_MUTUAL for hosts of the cluster, and verify certificates of others.
#     good: |
#       spec: {host: web.shop.svc.cluster.local, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
#     bad: |
#       spec: {host: web.shop.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}
#   controls:
#     soc2: ["CC6.7"]
#     gdpr: ["32(1)(a)"]
package dharma.mesh.destination_tls

import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some place in _places
	place.tls.mode == "DISABLE"
	finding := {"message": "sends plain text", "path": sprintf("%s.mode", [place.path])}
}

deny contains finding if {
	mesh.inside(input.object.spec.host)
	some place in _places
	place.tls.mode in {"SIMPLE", "MUTUAL"}
	finding := {
		"message": sprintf("calls a service of the mesh without its identity by mode %s", [place.tls.mode]),
		"path": sprintf("%s.mode", [place.path]),
	}
}

deny contains finding if {
	some place in _places
	place.tls.insecureSkipVerify == true
	finding := {"message": "does not verify certificates", "path": sprintf("%s.insecureSkipVerify", [place.path])}
}

_places contains {"tls": tls, "path": "spec.trafficPolicy.tls"} if {
	tls := input.object.spec.trafficPolicy.tls
}

_places contains {"tls": tls, "path": path} if {
	some number, setting in lists.at(input.object, ["spec", "trafficPolicy", "portLevelSettings"])
	tls := setting.tls
	path := sprintf("spec.trafficPolicy.portLevelSettings[%d].tls", [number])
}

_places contains {"tls": tls, "path": path} if {
	some number, subset in lists.at(input.object, ["spec", "subsets"])
	tls := subset.trafficPolicy.tls
	path := sprintf("spec.subsets[%d].trafficPolicy.tls", [number])
}

_places contains {"tls": tls, "path": path} if {
	some number, subset in lists.at(input.object, ["spec", "subsets"])
	some position, setting in lists.at(subset, ["trafficPolicy", "portLevelSettings"])
	tls := setting.tls
	path := sprintf("spec.subsets[%d].trafficPolicy.portLevelSettings[%d].tls", [number, position])
}
