# METADATA
# title: Broken pods do not block a drain
# description: |
#   By default a budget whose pods are not ready counts them as disrupted: a crashing workload then
#   stops the upgrade of its nodes.
# custom:
#   id: reliability/unhealthy-eviction
#   severity: warn
#   kinds: [PodDisruptionBudget]
#   remediation:
#     text: >-
#       Set unhealthyPodEvictionPolicy to AlwaysAllow.
#     good: |
#       spec: {unhealthyPodEvictionPolicy: AlwaysAllow}
#     bad: |
#       spec: {unhealthyPodEvictionPolicy: IfHealthyBudget}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.unhealthy_eviction

warn contains finding if {
	not evictable
	finding := {
		"message": "keeps broken pods from being evicted",
		"path": "spec.unhealthyPodEvictionPolicy",
	}
}

evictable if input.object.spec.unhealthyPodEvictionPolicy == "AlwaysAllow"
