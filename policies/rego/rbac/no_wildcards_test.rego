package dharma.rbac.no_wildcards_test

import data.dharma.rbac.no_wildcards

found(rule) := findings if {
	findings := no_wildcards.deny with input as {"object": {"rules": [rule]}}
}

test_named_grants_pass if found({"apiGroups": ["", "apps"], "resources": ["pods/log"], "verbs": ["get"]}) == set()

test_wildcards_are_denied_wherever_they_stand if {
	every field in ["apiGroups", "resources", "verbs"] {
		found({field: ["x", "*"]}) == {{
			"message": sprintf("grants * of %s", [field]),
			"path": sprintf("rules[0].%s[1]", [field]),
		}}
	}
}

test_partial_wildcards_are_denied if {
	found({"resources": ["*/scale", "pods/*"]}) == {
		{"message": "grants */scale of resources", "path": "rules[0].resources[0]"},
		{"message": "grants pods/* of resources", "path": "rules[0].resources[1]"},
	}
}

test_a_role_without_rules_passes if {
	found_alone := no_wildcards.deny with input as {"object": {"rules": null}}
	found_alone == set()
}
