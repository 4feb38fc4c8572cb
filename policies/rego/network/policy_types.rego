# METADATA
# title: Network policies say which directions they rule
# description: |
#   Left out, policyTypes follows from the rules, and a policy meant to close egress leaves it
#   open. Rules of a direction that policyTypes does not name are ignored without a word.
# custom:
#   id: network/policy-types
#   severity: deny
#   kinds: [networking.k8s.io/NetworkPolicy]
#   remediation:
#     text: List Ingress, Egress or both in policyTypes, and every direction that has rules.
#     good: |
#       spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
#     bad: |
#       spec: {podSelector: {}, policyTypes: [Ingress], egress: []}
#   controls:
#     soc2: ["CC6.6"]
#     cis: ["5.3.2"]
#     nsa: ["network-separation"]
package dharma.network.policy_types

import data.dharma.lib.lists

deny contains {"message": "does not say which directions it rules", "path": "spec.policyTypes"} if {
	count(_types) == 0
}

deny contains finding if {
	count(_types) > 0
	some field, type in {"ingress": "Ingress", "egress": "Egress"}
	input.object.spec[field]
	not type in _types
	finding := {
		"message": sprintf("has rules for %s, which policyTypes does not name", [field]),
		"path": sprintf("spec.%s", [field]),
	}
}

_types := lists.at(input.object, ["spec", "policyTypes"])
