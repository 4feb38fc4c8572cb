# METADATA
# title: Network policies say whom they let in and where they let out
# description: |
#   Policies add up, so one rule without peers opens what every other policy closed. Only
#   gateways, which serve anybody, may leave out who comes in, and they name their ports.
# custom:
#   id: network/no-allow-all
#   severity: deny
#   kinds: [networking.k8s.io/NetworkPolicy]
#   remediation:
#     text: Name the peers in from or to; at a gateway name at least the ports.
#     good: |
#       spec: {ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]}
#     bad: |
#       spec: {ingress: [{}]}
#   controls:
#     soc2: ["CC6.6"]
#     cis: ["5.3.2"]
#     nsa: ["network-separation"]
package dharma.network.no_allow_all

import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some number, rule in lists.at(input.object, ["spec", "ingress"])
	count(lists.at(rule, ["from"])) == 0
	not _served(rule)
	finding := {"message": "lets everybody in", "path": sprintf("spec.ingress[%d]", [number])}
}

deny contains finding if {
	some number, rule in lists.at(input.object, ["spec", "egress"])
	count(lists.at(rule, ["to"])) == 0
	finding := {"message": "lets packets out to everywhere", "path": sprintf("spec.egress[%d]", [number])}
}

_served(rule) if {
	mesh.at_gateway(input.object)
	count(lists.at(rule, ["ports"])) > 0
}
