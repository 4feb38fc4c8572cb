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
	wanted := {"principal": call.principal, "port": sprintf("%d", [call.port])}
	not wanted in object.get(_admitted, [target.name, call.to, call.destination], set())
	message := sprintf("%s at port %d, but no AuthorizationPolicy admits it", [call.text, call.port])
	finding := fleet.finding(target, call.destination, "", message)
}

deny contains finding if {
	some target in data.fleet.targets
	some call in object.get(fleet.calls, target.name, set())
	some direction in _directions
	near := {"namespace": call[direction.near.namespace], "subject": call[direction.near.subject]}
	far := fleet.workloads[target.name][call[direction.far.namespace]][call[direction.far.subject]]
	not _passes(target, direction, near, far, call.port)
	message := sprintf("%s at port %d, but no NetworkPolicy lets it %s", [call.text, call.port, direction.word])
	finding := fleet.finding(target, near.subject, "", message)
}

_source := {"namespace": "from", "subject": "source"}

_destination := {"namespace": "to", "subject": "destination"}

_directions := [
	{"field": "ingress", "side": "from", "word": "in", "near": _destination, "far": _source},
	{"field": "egress", "side": "to", "word": "out", "near": _source, "far": _destination},
]

# Whom the mesh lets in, by workload: policies are held against labels once, not for every call.
_admitted[target.name][namespace][subject] contains {"principal": principal, "port": port} if {
	some target in data.fleet.targets
	some namespace, several in object.get(fleet.workloads, target.name, {})
	policies := fleet.within(target, "security.istio.io/AuthorizationPolicy", namespace)
	some subject, workload in several
	some policy in policies
	object.get(policy, ["spec", "action"], "ALLOW") == "ALLOW"
	fleet.selects(policy.spec.selector, workload.labels)
	some rule in lists.at(policy, ["spec", "rules"])
	some entry in lists.at(rule, ["from"])
	some principal in lists.at(entry, ["source", "principals"])
	some operation in lists.at(rule, ["to"])
	some port in lists.at(operation, ["operation", "ports"])
}

# The rules of all network policies that select a workload, by direction.
_rules[target.name][namespace][subject] := rules if {
	some target in data.fleet.targets
	some namespace, several in object.get(fleet.workloads, target.name, {})
	policies := fleet.within(target, "networking.k8s.io/NetworkPolicy", namespace)
	some subject, workload in several
	specs := [policy.spec | some policy in policies; fleet.selects(policy.spec.podSelector, workload.labels)]
	rules := {field: [rule | some spec in specs; some rule in lists.at(spec, [field])] |
		some field in ["ingress", "egress"]
	}
}

_passes(target, direction, near, far, port) if {
	some rule in _rules[target.name][near.namespace][near.subject][direction.field]
	fleet.at_port(rule, port)
	some peer in lists.at(rule, [direction.side])
	fleet.takes(target, peer, near.namespace, far)
}
