# METADATA
# title: Nobody is let in who did not declare the call
# description: |
#   A caller that policies admit but nobody declared is missing in every picture of who depends
#   on whom, and keeps its access when the dependency is gone.
# custom:
#   id: fleet/no-other-callers
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Declare the call at the caller, or take the caller out of the policy.
#     good: |
#       calls: [db]
#     bad: |
#       calls: []
#   controls:
#     soc2: ["CC6.1", "CC6.3"]
#     gdpr: ["32(1)(b)"]
package dharma.fleet.no_other_callers

import data.dharma.lib.fleet
import data.dharma.lib.lists

deny contains finding if {
	some target in data.fleet.targets
	some namespace, several in object.get(fleet.workloads, target.name, {})
	target.tenants[namespace]
	some workload in several
	some name, policy in fleet.within(target, "security.istio.io/AuthorizationPolicy", namespace)
	fleet.selects(object.get(policy, ["spec", "selector"], {}), workload.labels)
	object.get(policy, ["spec", "action"], "ALLOW") == "ALLOW"
	some number, rule in lists.at(policy, ["spec", "rules"])
	some position, entry in lists.at(rule, ["from"])
	some principal in lists.at(entry, ["source", "principals"])
	some operation in lists.at(rule, ["to"])
	some port in lists.at(operation, ["operation", "ports"])
	_foreign(target, principal, workload)
	not {"principal": principal, "port": port} in object.get(_declared, [target.name, namespace, workload.name], set())
	message := sprintf("admits %s at port %s, which declared no such call", [principal, port])
	path := sprintf("spec.rules[%d].from[%d]", [number, position])
	subject := sprintf("security.istio.io/AuthorizationPolicy/%s/%s", [namespace, name])
	finding := fleet.finding(target, subject, path, message)
}

deny contains finding if {
	some target in data.fleet.targets
	some namespace, several in object.get(fleet.workloads, target.name, {})
	target.tenants[namespace]
	some workload in several
	some name, policy in fleet.within(target, "networking.k8s.io/NetworkPolicy", namespace)
	fleet.selects(policy.spec.podSelector, workload.labels)
	some number, rule in lists.at(policy, ["spec", "ingress"])
	some position, peer in lists.at(rule, ["from"])
	some caller in _candidates(target, peer, namespace)
	fleet.takes(target, peer, namespace, caller)
	not _same(caller, workload)
	not caller.account in object.get(_accounts, [target.name, namespace, workload.name, caller.namespace], set())
	message := sprintf("lets in %s of %s, which declared no call", [caller.name, caller.namespace])
	path := sprintf("spec.ingress[%d].from[%d]", [number, position])
	subject := sprintf("networking.k8s.io/NetworkPolicy/%s/%s", [namespace, name])
	finding := fleet.finding(target, subject, path, message)
}

_declared[target.name][call.to][name] contains {"principal": call.principal, "port": sprintf("%d", [call.port])} if {
	some target in data.fleet.targets
	some call in object.get(fleet.calls, target.name, set())
	name := fleet.workloads[target.name][call.to][call.destination].name
}

_accounts[target.name][call.to][name][call.from] contains account if {
	some target in data.fleet.targets
	some call in object.get(fleet.calls, target.name, set())
	name := fleet.workloads[target.name][call.to][call.destination].name
	account := fleet.workloads[target.name][call.from][call.source].account
}

# Principals of tenants other than the workload itself; gateways have no calls to declare.
_foreign(target, principal, workload) if {
	parts := split(principal, "/")
	target.tenants[parts[2]]
	[parts[2], parts[4]] != [workload.namespace, workload.account]
}

_same(caller, workload) if {
	caller.namespace == workload.namespace
	caller.account == workload.account
}

_candidates(target, peer, _) := fleet.running(target, peer.namespaceSelector.matchLabels["kubernetes.io/metadata.name"])

_candidates(target, peer, home) := fleet.running(target, home) if not peer.namespaceSelector

_candidates(target, peer, _) := several if {
	peer.namespaceSelector
	not peer.namespaceSelector.matchLabels["kubernetes.io/metadata.name"]
	several := [workload | some tenant, _ in target.tenants; some workload in fleet.running(target, tenant)]
}
