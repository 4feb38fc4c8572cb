# METADATA
# title: Policies select pods that exist
# description: |
#   A policy whose selector no pod has protects nothing and looks as if it did. Pods of upstream
#   charts are not looked at.
# custom:
#   id: fleet/policies-select
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Select labels of the workload's pods.
#     good: |
#       spec: {podSelector: {matchLabels: {app: web}}}
#     bad: |
#       spec: {podSelector: {matchLabels: {app: wbe}}}
#   controls:
#     soc2: ["CC6.6"]
#     cis: ["5.3.2"]
package dharma.fleet.policies_select

import data.dharma.lib.fleet

_selectors := {
	"networking.k8s.io/NetworkPolicy": "podSelector",
	"security.istio.io/AuthorizationPolicy": "selector",
	"security.istio.io/PeerAuthentication": "selector",
}

deny contains finding if {
	some target in data.fleet.targets
	some kind, field in _selectors
	some key, policy in fleet.of_kind(target, kind)
	selector := policy.spec[field]
	selector != {}
	namespace := split(key, "/")[0]
	fleet.seen(target, namespace)
	count([1 | some workload in fleet.running(target, namespace); fleet.selects(selector, workload.labels)]) == 0
	finding := fleet.finding(target, concat("/", [kind, key]), sprintf("spec.%s", [field]), "selects no pod")
}
