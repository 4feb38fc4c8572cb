package dharma.gitops.project_bounds_test

import data.dharma.gitops.project_bounds

found(spec) := findings if {
	findings := project_bounds.deny with input as {"object": {"metadata": {"name": "shop"}, "spec": spec}}
}

test_lists_pass if {
	found({
		"sourceRepos": ["https://git.example/platform.git"],
		"destinations": [{"server": "https://kubernetes.default.svc", "namespace": "shop"}],
		"clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
		"roles": [{"policies": ["p, proj:shop:admin, applications, sync, shop/*, allow"]}],
	}) == set()
	found({}) == set()
}

test_anything_from_anywhere_is_denied if {
	found({"sourceRepos": ["https://git.example/*"]}) == {{
		"message": "takes anything of sourceRepos",
		"path": "spec.sourceRepos[0]",
	}}
	count(found({"sourceNamespaces": ["*"]})) == 1
	found({"sourceRepos": [7]}) == set()
}

test_any_place_is_denied if {
	found({"destinations": [{"server": "*", "namespace": "shop-*"}]}) == {
		{"message": "allows any server in destinations", "path": "spec.destinations[0].server"},
		{"message": "allows any namespace in destinations", "path": "spec.destinations[0].namespace"},
	}
}

test_any_kind_is_denied if {
	found({"clusterResourceWhitelist": [{"group": "*", "kind": "Namespace"}]}) == {{
		"message": "allows any group in clusterResourceWhitelist",
		"path": "spec.clusterResourceWhitelist[0].group",
	}}
	count(found({"namespaceResourceWhitelist": [{"group": "", "kind": "*"}]})) == 1
}

test_roles_act_on_their_own_project_by_named_actions if {
	broad := {{
		"message": "grants a role more than named actions on its own project",
		"path": "spec.roles[0].policies[0]",
	}}
	every policy in [
		"p, proj:shop:admin, applications, *, shop/*, allow",
		"p, proj:shop:admin, *, get, shop/*, allow",
		"p, proj:shop:admin, applications, get, */*, allow",
		"p, proj:shop:admin, applications, get, shopping/*, allow",
	] {
		found({"roles": [{"policies": [policy]}]}) == broad
	}
}

test_policies_that_deny_or_are_none_pass if {
	found({"roles": [{"policies": ["p, proj:shop:admin, *, *, */*, deny", "nonsense", 7]}]}) == set()
}
