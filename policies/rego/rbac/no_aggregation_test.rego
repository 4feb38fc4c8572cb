package dharma.rbac.no_aggregation_test

import data.dharma.rbac.no_aggregation

found(object) := findings if {
	findings := no_aggregation.deny with input as {"object": object}
}

test_a_role_with_rules_passes if {
	found({"metadata": {"labels": {"app": "web"}}, "rules": []}) == set()
	found({"rules": []}) == set()
	found({"metadata": {"labels": "none"}}) == set()
}

test_taking_rules_from_others_is_denied if {
	found({"aggregationRule": {"clusterRoleSelectors": []}}) == {{
		"message": "takes its rules from other roles",
		"path": "aggregationRule",
	}}
}

test_adding_rules_to_others_is_denied if {
	found({"metadata": {"labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}}}) == {{
		"message": "adds its rules to another role by rbac.authorization.k8s.io/aggregate-to-view",
		"path": "metadata.labels",
	}}
}
