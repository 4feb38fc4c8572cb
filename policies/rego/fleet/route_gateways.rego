# METADATA
# title: Routes name gateways that exist, and each host once
# description: |
#   A VirtualService at a gateway that is not there is never reached. Two that claim one host at
#   one gateway are merged in an order that nobody chose, and one tenant takes another's calls.
# custom:
#   id: fleet/route-gateways
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Name an existing gateway as namespace/name and give each host to one VirtualService.
#     good: |
#       spec: {hosts: [web.example], gateways: [istio-ingress/public]}
#     bad: |
#       spec: {hosts: [web.example], gateways: [istio-ingress/pulbic]}
#   controls:
#     soc2: ["CC6.6"]
package dharma.fleet.route_gateways

import data.dharma.lib.fleet
import data.dharma.lib.lists

deny contains finding if {
	some target in data.fleet.targets
	some place in _places(target)
	not fleet.of_kind(target, "networking.istio.io/Gateway")[place.gateway]
	message := sprintf("is bound to gateway %s, which is not there", [place.gateway])
	finding := fleet.finding(target, place.subject, sprintf("spec.gateways[%d]", [place.number]), message)
}

deny contains finding if {
	some target in data.fleet.targets
	some gateway, hosts in _claims[target.name]
	some host, subjects in hosts
	count(subjects) > 1
	some subject in subjects
	others := concat(", ", sort([other | some other in subjects; other != subject]))
	message := sprintf("claims %s at gateway %s together with %s", [host, gateway, others])
	finding := fleet.finding(target, subject, "spec.hosts", message)
}

_claims[target.name][place.gateway][host] contains place.subject if {
	some target in data.fleet.targets
	some place in _places(target)
	some host in place.hosts
	not endswith(host, ".svc.cluster.local")
}

_places(target) := [place |
	some key, route in fleet.of_kind(target, "networking.istio.io/VirtualService")
	some number, gateway in lists.at(route, ["spec", "gateways"])
	gateway != "mesh"
	place := {
		"gateway": _full(gateway, split(key, "/")[0]),
		"number": number,
		"hosts": lists.at(route, ["spec", "hosts"]),
		"subject": sprintf("networking.istio.io/VirtualService/%s", [key]),
	}
]

_full(gateway, _) := gateway if contains(gateway, "/")

_full(gateway, namespace) := concat("/", [namespace, gateway]) if not contains(gateway, "/")
