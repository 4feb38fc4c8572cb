# METADATA
# title: Tenants' namespaces have default deny, quota and limits
# description: |
#   One of them missing, a tenant reaches everybody, takes every node, or runs containers
#   without bounds.
# custom:
#   id: fleet/tenant-fences
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Declare in the namespace a NetworkPolicy for every pod and both directions without rules, a
#       ResourceQuota and a LimitRange.
#     good: |
#       spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
#     bad: |
#       spec: {podSelector: {}, policyTypes: [Ingress]}
#   controls:
#     soc2: ["CC6.1", "A1.1"]
#     cis: ["5.3.2", "5.7.1"]
#     nsa: ["network-separation"]
package dharma.fleet.tenant_fences

import data.dharma.lib.fleet

deny contains finding if {
	some target in data.fleet.targets
	some tenant, _ in target.tenants
	not _closed(target, tenant)
	finding := fleet.finding(target, sprintf("/Namespace//%s", [tenant]), "", "has no policy that denies by default")
}

deny contains finding if {
	some target in data.fleet.targets
	some tenant, _ in target.tenants
	some kind in ["LimitRange", "ResourceQuota"]
	count(fleet.within(target, sprintf("/%s", [kind]), tenant)) == 0
	finding := fleet.finding(target, sprintf("/Namespace//%s", [tenant]), "", sprintf("has no %s", [kind]))
}

_closed(target, tenant) if {
	some policy in fleet.within(target, "networking.k8s.io/NetworkPolicy", tenant)
	policy.spec.podSelector == {}
	"Ingress" in policy.spec.policyTypes
	"Egress" in policy.spec.policyTypes
	count(object.get(policy.spec, "ingress", [])) == 0
	count(object.get(policy.spec, "egress", [])) == 0
}
