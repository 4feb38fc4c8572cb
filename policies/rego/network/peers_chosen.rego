# METADATA
# title: Network policies choose their peers
# description: |
#   An empty pod selector means every pod of the namespace, an empty namespace selector every
#   namespace. In a tenant's namespace, where services know their callers, peers are chosen by
#   label and ports are named; elsewhere at least one of namespace and port is.
# custom:
#   id: network/peers-chosen
#   severity: deny
#   kinds: [networking.k8s.io/NetworkPolicy]
#   remediation:
#     text: Choose peers by labels and name the ports.
#     good: |
#       spec: {ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]}
#     bad: |
#       spec: {ingress: [{from: [{namespaceSelector: {}}]}]}
#   controls:
#     soc2: ["CC6.1", "CC6.6"]
#     nsa: ["network-separation"]
package dharma.network.peers_chosen

import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some peer in _peers
	peer.namespaces == {}
	count(peer.ports) == 0
	finding := {"message": "opens every port to every namespace", "path": peer.path}
}

deny contains finding if {
	mesh.of_tenant(input.object, input.target)
	some peer in _peers
	peer.pods == {}
	peer.namespaces == null
	finding := {"message": "chooses every pod of the namespace", "path": peer.path}
}

deny contains finding if {
	mesh.of_tenant(input.object, input.target)
	some field in ["ingress", "egress"]
	some number, rule in lists.at(input.object, ["spec", field])
	count(lists.at(rule, ["ports"])) == 0
	finding := {"message": "names no ports", "path": sprintf("spec.%s[%d].ports", [field, number])}
}

_peers := [found |
	some field, side in {"ingress": "from", "egress": "to"}
	some number, rule in lists.at(input.object, ["spec", field])
	some position, peer in lists.at(rule, [side])
	is_object(peer)
	found := {
		"namespaces": object.get(peer, "namespaceSelector", null),
		"pods": object.get(peer, "podSelector", {}),
		"ports": lists.at(rule, ["ports"]),
		"path": sprintf("spec.%s[%d].%s[%d]", [field, number, side, position]),
	}
	not peer.ipBlock
]
