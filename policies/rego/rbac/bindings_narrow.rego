# METADATA
# title: Bindings name people and programs, and few rights for the whole cluster
# description: |
#   The roles cluster-admin, admin and edit, and the tenants' roles, are too much for a whole
#   cluster. Groups of everybody, the group that bypasses authorization, and default accounts,
#   which every pod without its own has, are nobody in particular.
# custom:
#   id: rbac/bindings-narrow
#   severity: deny
#   kinds: [rbac.authorization.k8s.io/ClusterRoleBinding, rbac.authorization.k8s.io/RoleBinding]
#   remediation:
#     text: Bind a role of its own to a group of the identity provider or to a workload's own service
#       account; bind tenants' roles in their namespaces.
#     good: |
#       roleRef: {kind: ClusterRole, name: tenant-viewer}
#       subjects: [{kind: Group, name: shop-viewers}]
#     bad: |
#       roleRef: {kind: ClusterRole, name: cluster-admin}
#       subjects: [{kind: Group, name: 'system:authenticated'}]
#   controls:
#     soc2: ["CC6.3"]
#     cis: ["5.1.1", "5.1.5", "5.1.7"]
#     nsa: ["authentication-and-authorization"]
package dharma.rbac.bindings_narrow

import data.dharma.lib.lists

deny contains finding if {
	input.object.kind == "ClusterRoleBinding"
	name := input.object.roleRef.name
	_too_much(name)
	finding := {"message": sprintf("gives the role %s in every namespace", [name]), "path": "roleRef.name"}
}

deny contains {"message": "gives the role cluster-admin", "path": "roleRef.name"} if {
	input.object.kind == "RoleBinding"
	input.object.roleRef.name == "cluster-admin"
}

deny contains finding if {
	some number, subject in lists.at(input.object, ["subjects"])
	subject.kind in {"Group", "User"}
	_nobody(subject.name)
	finding := {
		"message": sprintf("gives rights to %s", [subject.name]),
		"path": sprintf("subjects[%d].name", [number]),
	}
}

deny contains finding if {
	some number, subject in lists.at(input.object, ["subjects"])
	subject.kind == "ServiceAccount"
	subject.name == "default"
	finding := {
		"message": "gives rights to every pod without an account of its own",
		"path": sprintf("subjects[%d].name", [number]),
	}
}

_too_much(name) if name in {"cluster-admin", "admin", "edit"}

_too_much(name) if {
	is_string(name)
	startswith(name, "tenant-")
}

_nobody(name) if name in {"system:anonymous", "system:unauthenticated", "system:authenticated", "system:masters"}

_nobody(name) if name == "system:serviceaccounts"

_nobody(name) if {
	is_string(name)
	startswith(name, "system:serviceaccounts:")
}
