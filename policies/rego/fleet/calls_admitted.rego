# METADATA
# title: Declared calls are let through
# description: |
#   A call that is declared but that a policy of the mesh or the network stops fails at run time
#   only, on both sides with different errors.
# custom:
#   id: fleet/calls-admitted
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Let the callee's AuthorizationPolicy name the caller's principal and port, its NetworkPolicy
#       the caller's pods, and the caller's NetworkPolicy the callee's.
#     good: |
#       spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}], to: [{operation: {ports: ['5432']}}]}]}
#     bad: |
#       spec: {rules: []}
#   controls:
#     soc2: ["CC6.1", "CC6.6"]
package dharma.fleet.calls_admitted

import data.dharma.lib.fleet
import data.dharma.lib.lists

deny contains finding if {
	some target in data.fleet.targets
	some call in object.get(fleet.calls, target.name, set())
	destination := fleet.workloads[target.name][call.to][call.destination]
	not _authorized(target, call, destination)
	message := sprintf("%s at port %d, but no AuthorizationPolicy admits it", [call.text, call.port])
	finding := fleet.finding(target, call.destination, "", message)
}

deny contains finding if {
	some target in data.fleet.targets
	some call in object.get(fleet.calls, target.name, set())
	some direction in _directions
	near := fleet.workloads[target.name][call[direction.near.namespace]][call[direction.near.subject]]
	far := fleet.workloads[target.name][call[direction.far.namespace]][call[direction.far.subject]]
	not _passes(target, direction, near, far, call.port)
	message := sprintf("%s at port %d, but no NetworkPolicy lets it %s", [call.text, call.port, direction.word])
	finding := fleet.finding(target, call[direction.near.subject], "", message)
}

_source := {"namespace": "from", "subject": "source"}

_destination := {"namespace": "to", "subject": "destination"}

_directions := [
	{"field": "ingress", "side": "from", "word": "in", "near": _destination, "far": _source},
	{"field": "egress", "side": "to", "word": "out", "near": _source, "far": _destination},
]

_authorized(target, call, destination) if {
	some policy in fleet.within(target, "security.istio.io/AuthorizationPolicy", call.to)
	fleet.selects(policy.spec.selector, destination.labels)
	object.get(policy, ["spec", "action"], "ALLOW") == "ALLOW"
	some rule in lists.at(policy, ["spec", "rules"])
	some entry in lists.at(rule, ["from"])
	call.principal in lists.at(entry, ["source", "principals"])
	some operation in lists.at(rule, ["to"])
	sprintf("%d", [call.port]) in lists.at(operation, ["operation", "ports"])
}

_passes(target, direction, near, far, port) if {
	some policy in fleet.within(target, "networking.k8s.io/NetworkPolicy", near.namespace)
	fleet.selects(policy.spec.podSelector, near.labels)
	some rule in lists.at(policy, ["spec", direction.field])
	fleet.at_port(rule, port)
	some peer in lists.at(rule, [direction.side])
	fleet.takes(target, peer, near.namespace, far)
}
