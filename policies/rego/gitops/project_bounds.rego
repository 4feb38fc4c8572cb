# METADATA
# title: Projects bound repositories, places and kinds
# description: |
#   A wildcard in a project lets each of its Applications install anything, anywhere, from
#   anywhere. A role of a project acts on that project only.
# custom:
#   id: gitops/project-bounds
#   severity: deny
#   kinds: [argoproj.io/AppProject]
#   remediation:
#     text: List the repositories, the namespaces and the cluster-wide kinds; grant roles actions on the
#       own project.
#     good: |
#       spec: {sourceRepos: ['https://git.example/platform.git'], clusterResourceWhitelist: []}
#     bad: |
#       spec: {sourceRepos: ['*']}
#   controls:
#     soc2: ["CC6.3", "CC8.1"]
package dharma.gitops.project_bounds

import data.dharma.lib.lists

deny contains finding if {
	some field in ["sourceRepos", "sourceNamespaces"]
	some number, text in lists.at(input.object, ["spec", field])
	_wild(text)
	finding := {"message": sprintf("takes anything of %s", [field]), "path": sprintf("spec.%s[%d]", [field, number])}
}

deny contains finding if {
	some list, fields in {
		"destinations": ["server", "name", "namespace"],
		"clusterResourceWhitelist": ["group", "kind"],
		"namespaceResourceWhitelist": ["group", "kind"],
	}
	some number, entry in lists.at(input.object, ["spec", list])
	some field in fields
	_wild(entry[field])
	finding := {
		"message": sprintf("allows any %s in %s", [field, list]),
		"path": sprintf("spec.%s[%d].%s", [list, number, field]),
	}
}

deny contains finding if {
	some number, role in lists.at(input.object, ["spec", "roles"])
	some position, policy in lists.at(role, ["policies"])
	is_string(policy)
	parts := [trim_space(part) | some part in split(policy, ",")]
	count(parts) == 6
	parts[5] == "allow"
	_broad(parts)
	finding := {
		"message": "grants a role more than named actions on its own project",
		"path": sprintf("spec.roles[%d].policies[%d]", [number, position]),
	}
}

_wild(text) if {
	is_string(text)
	contains(text, "*")
}

_broad(parts) if "*" in {parts[2], parts[3]}

_broad(parts) if not startswith(parts[4], sprintf("%s/", [input.object.metadata.name]))
