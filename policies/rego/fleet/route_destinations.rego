# METADATA
# title: Routes lead to Services and ports that exist
# description: |
#   A route to a Service that is not there answers every call with an error, and no schema
#   notices. Services that an upstream chart brings are not looked at.
# custom:
#   id: fleet/route-destinations
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Correct the destination's host or port, or declare the Service.
#     good: |
#       spec: {http: [{route: [{destination: {host: web.shop.svc.cluster.local, port: {number: 8080}}}]}]}
#     bad: |
#       spec: {http: [{route: [{destination: {host: wbe.shop.svc.cluster.local}}]}]}
#   controls:
#     soc2: ["A1.2"]
package dharma.fleet.route_destinations

import data.dharma.lib.fleet
import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some target in data.fleet.targets
	some place in _places(target)
	not fleet.within(target, "/Service", place.namespace)[place.name]
	message := sprintf("routes to %s, which is no Service of the target", [place.host])
	finding := fleet.finding(target, place.subject, sprintf("%s.host", [place.path]), message)
}

deny contains finding if {
	some target in data.fleet.targets
	some place in _places(target)
	service := fleet.within(target, "/Service", place.namespace)[place.name]
	place.port != null
	not place.port in {port.port | some port in lists.at(service, ["spec", "ports"])}
	message := sprintf("routes to port %v, which Service %s does not have", [place.port, place.host])
	finding := fleet.finding(target, place.subject, sprintf("%s.port.number", [place.path]), message)
}

_places(target) := [place |
	some key, route in fleet.of_kind(target, "networking.istio.io/VirtualService")
	some kind in ["http", "tcp", "tls"]
	some number, entry in lists.at(route, ["spec", kind])
	some position, share in lists.at(entry, ["route"])
	service := mesh.service(share.destination.host, split(key, "/")[0])
	[namespace, name] := split(service, "/")
	fleet.seen(target, namespace)
	place := {
		"host": share.destination.host,
		"port": object.get(share.destination, ["port", "number"], null),
		"namespace": namespace,
		"name": name,
		"subject": sprintf("networking.istio.io/VirtualService/%s", [key]),
		"path": sprintf("spec.%s[%d].route[%d].destination", [kind, number, position]),
	}
]
