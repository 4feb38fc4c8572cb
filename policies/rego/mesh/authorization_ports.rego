# METADATA
# title: Authorization policies name the ports they open
# description: |
#   A caller that may use one port of a workload should not reach its others, such as those for
#   metrics or replication.
# custom:
#   id: mesh/authorization-ports
#   severity: deny
#   kinds: [security.istio.io/AuthorizationPolicy]
#   remediation:
#     text: Name the ports in to.operation.ports of every rule.
#     good: |
#       spec: {action: ALLOW, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}], to: [{operation: {ports: ['8080']}}]}]}
#     bad: |
#       spec: {action: ALLOW, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}
#   controls:
#     soc2: ["CC6.1"]
package dharma.mesh.authorization_ports

import data.dharma.lib.lists

deny contains finding if {
	object.get(input.object, ["spec", "action"], "ALLOW") == "ALLOW"
	some number, rule in lists.at(input.object, ["spec", "rules"])
	not _bounded(rule)
	finding := {"message": "opens every port", "path": sprintf("spec.rules[%d].to", [number])}
}

_bounded(rule) if {
	operations := lists.at(rule, ["to"])
	count(operations) > 0
	every operation in operations {
		count(lists.at(operation, ["operation", "ports"])) > 0
	}
}
