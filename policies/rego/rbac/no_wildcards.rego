# METADATA
# title: Roles name what they grant
# description: |
#   A wildcard also grants what a later release or operator adds. Nobody reviews that.
# custom:
#   id: rbac/no-wildcards
#   severity: deny
#   kinds: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   remediation:
#     text: List the API groups, resources and verbs that are needed.
#     good: |
#       rules: [{apiGroups: [apps], resources: [deployments], verbs: [get]}]
#     bad: |
#       rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]
#   controls:
#     soc2: ["CC6.3"]
#     cis: ["5.1.3"]
#     nsa: ["authentication-and-authorization"]
package dharma.rbac.no_wildcards

import data.dharma.lib.lists

deny contains finding if {
	some number, rule in lists.at(input.object, ["rules"])
	some field in ["apiGroups", "resources", "verbs", "nonResourceURLs"]
	some position, name in lists.at(rule, [field])
	_wild(name)
	finding := {
		"message": sprintf("grants %s of %s", [name, field]),
		"path": sprintf("rules[%d].%s[%d]", [number, field, position]),
	}
}

_wild(name) if name == "*"

_wild(name) if {
	is_string(name)
	startswith(name, "*/")
}

_wild(name) if {
	is_string(name)
	endswith(name, "/*")
}
