# METADATA
# title: Quotas bound all that a namespace can take
# description: |
#   A quota that forgets a resource leaves it unbounded; a tenant's also bounds storage and allows
#   neither node ports nor load balancers beyond its share.
# custom:
#   id: tenancy/quota
#   severity: deny
#   kinds: [ResourceQuota]
#   remediation:
#     text: >-
#       Bound every resource; `quota:` of a tenant does.
#     good: |
#       spec: {hard: {requests.cpu: "8", requests.memory: 16Gi, limits.memory: 24Gi, pods: "50", requests.storage: 100Gi, services.loadbalancers: "0", services.nodeports: "0"}}
#     bad: |
#       spec: {hard: {pods: "50"}}
#   controls:
#     nsa: ["resource-policies"]
#     soc2: ["A1.1"]
package dharma.tenancy.quota

import data.dharma.lib.objects
import data.dharma.lib.quantities

deny contains finding if {
	some resource in wanted
	not bounded(resource)
	finding := {
		"message": sprintf("leaves %s unbounded", [resource]),
		"path": objects.entry("spec.hard", resource),
	}
}

deny contains finding if {
	objects.tenant(input.object, input.target)
	quantities.milli(input.object.spec.hard["services.nodeports"]) > 0
	finding := {
		"message": "allows a tenant to open ports of the nodes",
		"path": objects.entry("spec.hard", "services.nodeports"),
	}
}

bounded(resource) if quantities.milli(input.object.spec.hard[resource]) >= 0

wanted contains resource if some resource in ["requests.cpu", "requests.memory", "limits.memory", "pods"]

wanted contains resource if {
	objects.tenant(input.object, input.target)
	some resource in ["requests.storage", "services.loadbalancers", "services.nodeports"]
}
