# METADATA
# title: Authorization policies name who may call
# description: |
#   An empty rule, a rule without sources or the source * lets in everybody who reaches the
#   workload. Only gateways serve callers without an identity.
# custom:
#   id: mesh/authorization-closed
#   severity: deny
#   kinds: [security.istio.io/AuthorizationPolicy]
#   remediation:
#     text: Name principals in from.source.
#     good: |
#       spec: {action: ALLOW, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}
#     bad: |
#       spec: {action: ALLOW, rules: [{}]}
#   controls:
#     soc2: ["CC6.1", "CC6.3"]
#     gdpr: ["32(1)(b)"]
package dharma.mesh.authorization_closed

import data.dharma.lib.cidr
import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	_allows
	not mesh.at_gateway(input.object)
	some number, rule in lists.at(input.object, ["spec", "rules"])
	count(lists.at(rule, ["from"])) == 0
	finding := {"message": "lets every caller in", "path": sprintf("spec.rules[%d]", [number])}
}

deny contains finding if {
	_allows
	some source in _sources
	not _named(source.who)
	finding := {"message": "lets every source in", "path": source.path}
}

deny contains finding if {
	_allows
	some source in _sources
	some field in ["principals", "namespaces", "requestPrincipals"]
	some position, name in lists.at(source.who, [field])
	name == "*"
	finding := {
		"message": sprintf("lets in any of %s", [field]),
		"path": sprintf("%s.%s[%d]", [source.path, field, position]),
	}
}

deny contains finding if {
	_allows
	not mesh.at_gateway(input.object)
	some source in _sources
	some field in ["ipBlocks", "remoteIpBlocks"]
	some position, block in lists.at(source.who, [field])
	block in cidr.everything
	finding := {
		"message": sprintf("lets in every address of %s", [block]),
		"path": sprintf("%s.%s[%d]", [source.path, field, position]),
	}
}

_allows if object.get(input.object, ["spec", "action"], "ALLOW") == "ALLOW"

_sources := [{"who": object.get(entry, "source", {}), "path": path} |
	some number, rule in lists.at(input.object, ["spec", "rules"])
	some position, entry in lists.at(rule, ["from"])
	is_object(entry)
	path := sprintf("spec.rules[%d].from[%d].source", [number, position])
]

_named(source) if {
	some field in ["principals", "namespaces", "serviceAccounts", "requestPrincipals", "ipBlocks", "remoteIpBlocks"]
	count(lists.at(source, [field])) > 0
}
