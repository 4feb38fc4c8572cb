# METADATA
# title: Weights of a route add up to 100
# description: |
#   The mesh takes weights as shares of their sum, so weights that do not add up send another
#   share than their numbers say; canaries then get more traffic than was judged.
# custom:
#   id: mesh/route-weights
#   severity: deny
#   kinds: [networking.istio.io/VirtualService]
#   remediation:
#     text: Let the weights of each route's destinations add up to 100.
#     good: |
#       spec: {http: [{route: [{destination: {host: a}, weight: 90}, {destination: {host: b}, weight: 10}]}]}
#     bad: |
#       spec: {http: [{route: [{destination: {host: a}, weight: 90}, {destination: {host: b}, weight: 20}]}]}
#   controls:
#     soc2: ["CC8.1"]
package dharma.mesh.route_weights

import data.dharma.lib.lists

deny contains finding if {
	some kind in ["http", "tcp", "tls"]
	some number, entry in lists.at(input.object, ["spec", kind])
	destinations := lists.at(entry, ["route"])
	_shared(destinations)
	total := sum([weight | some destination in destinations; weight := destination.weight; is_number(weight)])
	total != 100
	finding := {
		"message": sprintf("shares out %v percent of the calls", [total]),
		"path": sprintf("spec.%s[%d].route", [kind, number]),
	}
}

_shared(destinations) if count(destinations) > 1

_shared(destinations) if destinations[0].weight
