# METADATA
# title: Networks of an environment do not overlap
# description: |
#   Clusters that share addresses cannot route to each other, and a policy by address means
#   another cluster's pods.
# custom:
#   id: fleet/address-plan
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Give every cluster of an environment its own networks for pods, services and nodes.
#     good: |
#       network: {pods: 10.64.0.0/14}
#     bad: |
#       network: {pods: 10.0.0.0/8}
#   controls:
#     soc2: ["CC6.6"]
#     nsa: ["network-separation"]
package dharma.fleet.address_plan

import data.dharma.lib.cidr
import data.dharma.lib.fleet

deny contains finding if {
	some networks in _networks
	some number, one in networks
	some position, other in networks
	position > number
	cidr.overlap(one.cidr, other.cidr)
	message := sprintf("%s %s overlaps %s %s of %s", [one.use, one.cidr, other.use, other.cidr, other.target.name])
	finding := fleet.finding(one.target, "", sprintf("network.%s", [one.use]), message)
}

_networks[environment] := networks if {
	some environment in {target.environment | some target in data.fleet.targets}
	networks := [{"target": {"name": target.name}, "use": use, "cidr": network} |
		some target in data.fleet.targets
		target.environment == environment
		some use, network in target.network
	]
}
