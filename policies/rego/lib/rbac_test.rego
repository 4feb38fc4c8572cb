package dharma.lib.rbac_test

import data.dharma.lib.rbac

role(groups, resources) := {"rules": [
	{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get"]},
	{"apiGroups": groups, "resources": resources, "verbs": ["list"]},
]}

found := [{"number": 1, "verbs": ["list"]}]

test_a_rule_concerns_what_it_names if {
	rbac.concerning(role([""], ["pods", "secrets"]), "", "secrets") == found
	rbac.concerning(role([""], ["pods"]), "", "secrets") == []
	rbac.concerning(role(["apps"], ["secrets"]), "", "secrets") == []
}

test_wildcards_concern_everything if {
	rbac.concerning(role(["*"], ["*"]), "", "secrets") == found
	rbac.concerning(role([""], ["*"]), "", "secrets") == found
}

test_a_role_without_rules_grants_nothing if {
	rbac.concerning({}, "", "secrets") == []
	rbac.concerning({"rules": null}, "", "secrets") == []
	rbac.concerning({"rules": ["text"]}, "", "secrets") == []
}

test_verbs_are_included_by_name_or_wildcard if {
	rbac.some_of(["get"], rbac.reading)
	rbac.some_of(["*"], rbac.writing)
	not rbac.some_of(["get"], rbac.writing)
	not rbac.some_of([], rbac.reading)
}
