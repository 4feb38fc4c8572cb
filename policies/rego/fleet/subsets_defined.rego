# METADATA
# title: Subsets are defined and have replicas
# description: |
#   A route to a subset that no DestinationRule defines, or whose labels no pod has, fails every
#   call that takes it. A DestinationRule for a host that is no Service does nothing.
# custom:
#   id: fleet/subsets-defined
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Define the subset for the host, with labels of its workload's pods, and name an existing
#       Service.
#     good: |
#       spec: {host: web.shop.svc.cluster.local, subsets: [{name: v1, labels: {app: web-v1}}]}
#     bad: |
#       spec: {host: web.shop.svc.cluster.local, subsets: []}
#   controls:
#     soc2: ["A1.2"]
package dharma.fleet.subsets_defined

import data.dharma.lib.fleet
import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some target in data.fleet.targets
	some key, route in fleet.of_kind(target, "networking.istio.io/VirtualService")
	some kind in ["http", "tcp", "tls"]
	some number, entry in lists.at(route, ["spec", kind])
	some position, share in lists.at(entry, ["route"])
	subset := share.destination.subset
	service := mesh.service(share.destination.host, split(key, "/")[0])
	not subset in object.get(_defined, [target.name, service], set())
	path := sprintf("spec.%s[%d].route[%d].destination.subset", [kind, number, position])
	message := sprintf("routes to subset %s of %s, which nothing defines", [subset, share.destination.host])
	finding := fleet.finding(target, sprintf("networking.istio.io/VirtualService/%s", [key]), path, message)
}

deny contains finding if {
	some target in data.fleet.targets
	some key, rule in fleet.of_kind(target, "networking.istio.io/DestinationRule")
	[namespace, _] := split(mesh.service(rule.spec.host, split(key, "/")[0]), "/")
	some number, subset in lists.at(rule, ["spec", "subsets"])
	count([1 | some workload in fleet.running(target, namespace); _selects(subset, workload)]) == 0
	message := sprintf("defines subset %s, whose labels no pod has", [subset.name])
	path := sprintf("spec.subsets[%d].labels", [number])
	finding := fleet.finding(target, sprintf("networking.istio.io/DestinationRule/%s", [key]), path, message)
}

deny contains finding if {
	some target in data.fleet.targets
	some key, rule in fleet.of_kind(target, "networking.istio.io/DestinationRule")
	[namespace, name] := split(mesh.service(rule.spec.host, split(key, "/")[0]), "/")
	fleet.seen(target, namespace)
	not fleet.within(target, "/Service", namespace)[name]
	message := sprintf("is for %s, which is no Service of the target", [rule.spec.host])
	finding := fleet.finding(target, sprintf("networking.istio.io/DestinationRule/%s", [key]), "spec.host", message)
}

_selects(subset, workload) if fleet.selects({"matchLabels": object.get(subset, "labels", {})}, workload.labels)

_defined[target.name][service] contains subset.name if {
	some target in data.fleet.targets
	some key, rule in fleet.of_kind(target, "networking.istio.io/DestinationRule")
	service := mesh.service(rule.spec.host, split(key, "/")[0])
	some subset in lists.at(rule, ["spec", "subsets"])
}
