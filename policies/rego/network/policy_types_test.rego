package dharma.network.policy_types_test

import data.dharma.network.policy_types

object_in(namespace, spec) := {"metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(spec) := findings if {
	findings := policy_types.deny with input as {"object": object_in("shop", spec)}
}

test_both_directions_without_rules_pass if found({"policyTypes": ["Ingress", "Egress"]}) == set()

test_a_named_direction_with_rules_passes if found({"policyTypes": ["Egress"], "egress": [{"to": []}]}) == set()

test_directions_must_be_said if {
	missing := {"message": "does not say which directions it rules", "path": "spec.policyTypes"}
	found({"podSelector": {}}) == {missing}
	found({"policyTypes": [], "ingress": []}) == {missing}
}

test_rules_of_a_direction_that_is_not_named_are_denied if {
	found({"policyTypes": ["Ingress"], "ingress": [], "egress": []}) == {{
		"message": "has rules for egress, which policyTypes does not name",
		"path": "spec.egress",
	}}
	found({"policyTypes": ["Egress"], "ingress": [{}]}) == {{
		"message": "has rules for ingress, which policyTypes does not name",
		"path": "spec.ingress",
	}}
}
