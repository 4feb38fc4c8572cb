package dharma.rbac.no_shells_test

import data.dharma.rbac.no_shells

found(resource, verbs) := findings if {
	findings := no_shells.deny with input as {"object": {"rules": [{
		"apiGroups": [""],
		"resources": ["pods", resource],
		"verbs": verbs,
	}]}}
}

test_reading_logs_passes if found("pods/log", ["get"]) == set()

test_shells_are_denied_under_every_name if {
	every resource in ["pods/exec", "pods/attach", "pods/ephemeralcontainers"] {
		found(resource, ["get"]) == {{
			"message": sprintf("opens shells by %s", [resource]),
			"path": "rules[0].resources",
		}}
	}
}

test_a_rule_without_verbs_opens_nothing if found("pods/exec", []) == set()
