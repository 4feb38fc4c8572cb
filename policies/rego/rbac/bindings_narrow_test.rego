package dharma.rbac.bindings_narrow_test

import data.dharma.rbac.bindings_narrow

found(kind, role, subject) := findings if {
	findings := bindings_narrow.deny with input as {"object": {
		"kind": kind,
		"roleRef": {"kind": "ClusterRole", "name": role},
		"subjects": [subject],
	}}
}

group(name) := {"kind": "Group", "name": name}

test_a_role_for_a_group_passes if {
	found("RoleBinding", "tenant-admin", group("shop-admins")) == set()
	found("ClusterRoleBinding", "view", group("platform-admins")) == set()
	found("RoleBinding", "reader", {"kind": "ServiceAccount", "name": "web"}) == set()
}

test_great_roles_are_not_given_everywhere if {
	every role in ["cluster-admin", "admin", "edit", "tenant-viewer"] {
		found("ClusterRoleBinding", role, group("shop-admins")) == {{
			"message": sprintf("gives the role %s in every namespace", [role]),
			"path": "roleRef.name",
		}}
	}
}

test_cluster_admin_is_too_much_for_a_namespace if {
	found("RoleBinding", "cluster-admin", group("shop-admins")) == {{
		"message": "gives the role cluster-admin",
		"path": "roleRef.name",
	}}
	found("RoleBinding", "edit", group("shop-admins")) == set()
}

test_groups_of_everybody_are_denied if {
	every name in [
		"system:anonymous",
		"system:unauthenticated",
		"system:authenticated",
		"system:masters",
		"system:serviceaccounts",
		"system:serviceaccounts:shop",
	] {
		found("RoleBinding", "reader", group(name)) == {{
			"message": sprintf("gives rights to %s", [name]),
			"path": "subjects[0].name",
		}}
	}
}

test_default_accounts_are_denied if {
	found("RoleBinding", "reader", {"kind": "ServiceAccount", "name": "default"}) == {{
		"message": "gives rights to every pod without an account of its own",
		"path": "subjects[0].name",
	}}
}

test_a_binding_without_subjects_passes if {
	found_alone := bindings_narrow.deny with input as {"object": {"kind": "RoleBinding", "roleRef": {"name": "reader"}}}
	found_alone == set()
}
