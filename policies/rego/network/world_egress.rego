# METADATA
# title: Egress to the world leaves out the metadata service and names its ports
# description: |
#   The metadata service of a cloud hands out the node's credentials to whoever can open a
#   connection to it; a block that contains its address must except it. A block of all addresses
#   must also say which ports it is for. From all addresses nobody comes in but at a gateway.
# custom:
#   id: network/world-egress
#   severity: deny
#   kinds: [networking.k8s.io/NetworkPolicy]
#   remediation:
#     text: Except 169.254.0.0/16 (fd00:ec2::254/128 for IPv6) and name the ports.
#     good: |
#       spec: {egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}], ports: [{port: 443}]}]}
#     bad: |
#       spec: {egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}
#   controls:
#     soc2: ["CC6.6"]
#     nsa: ["network-separation"]
package dharma.network.world_egress

import data.dharma.lib.cidr
import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some block in _blocks("egress", "to")
	some address in cidr.metadata_addresses
	cidr.holds(block.cidr, address)
	not _excepted(block, address)
	finding := {
		"message": sprintf("reaches the cloud's metadata service at %s", [address]),
		"path": sprintf("%s.except", [block.path]),
	}
}

deny contains finding if {
	some block in _blocks("egress", "to")
	block.cidr in cidr.everything
	count(block.ports) == 0
	finding := {"message": sprintf("reaches %s at every port", [block.cidr]), "path": block.path}
}

deny contains finding if {
	not mesh.at_gateway(input.object)
	some block in _blocks("ingress", "from")
	block.cidr in cidr.everything
	finding := {"message": sprintf("lets %s in", [block.cidr]), "path": block.path}
}

_blocks(direction, side) := [block |
	some number, rule in lists.at(input.object, ["spec", direction])
	some position, peer in lists.at(rule, [side])
	network := peer.ipBlock.cidr
	block := {
		"cidr": network,
		"except": lists.at(peer, ["ipBlock", "except"]),
		"ports": lists.at(rule, ["ports"]),
		"path": sprintf("spec.%s[%d].%s[%d].ipBlock", [direction, number, side, position]),
	}
]

_excepted(block, address) if {
	some except in block.except
	cidr.holds(except, address)
}
