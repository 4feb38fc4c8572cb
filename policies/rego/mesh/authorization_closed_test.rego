package dharma.mesh.authorization_closed_test

import data.dharma.mesh.authorization_closed

object_in(namespace, spec) := {"metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(namespace, spec) := findings if {
	findings := authorization_closed.deny with input as {"object": object_in(namespace, spec)}
}

from(source) := {"rules": [{"from": [{"source": source}]}]}

test_named_principals_pass if found("shop", from({"principals": ["cluster.local/ns/shop/sa/web"]})) == set()

test_without_rules_nobody_is_let_in if {
	found("shop", {}) == set()
	found("shop", {"action": "ALLOW"}) == set()
}

test_a_rule_without_sources_lets_everybody_in if {
	everybody := {{"message": "lets every caller in", "path": "spec.rules[0]"}}
	found("shop", {"rules": [{}]}) == everybody
	found("shop", {"action": "ALLOW", "rules": [{"to": [{"operation": {"ports": ["80"]}}]}]}) == everybody
}

test_a_gateway_serves_callers_without_identity if {
	found("istio-ingress", {"rules": [{"to": [{"operation": {"ports": ["443"]}}]}]}) == set()
}

test_an_empty_source_is_everybody if {
	everybody := {{"message": "lets every source in", "path": "spec.rules[0].from[0].source"}}
	found("shop", from({})) == everybody
	found("shop", {"rules": [{"from": [{}]}]}) == everybody
	found("shop", from({"notPrincipals": ["cluster.local/ns/shop/sa/web"]})) == everybody
}

test_wildcards_are_everybody if {
	every field in ["principals", "namespaces", "requestPrincipals"] {
		found("shop", from({field: ["x", "*"]})) == {{
			"message": sprintf("lets in any of %s", [field]),
			"path": sprintf("spec.rules[0].from[0].source.%s[1]", [field]),
		}}
	}
}

test_every_address_is_everybody if {
	found("shop", from({"ipBlocks": ["0.0.0.0/0"]})) == {{
		"message": "lets in every address of 0.0.0.0/0",
		"path": "spec.rules[0].from[0].source.ipBlocks[0]",
	}}
	found("istio-ingress", from({"ipBlocks": ["0.0.0.0/0"]})) == set()
	found("shop", from({"ipBlocks": ["192.0.2.0/24"]})) == set()
}

test_a_policy_that_denies_may_be_broad if found("shop", {"action": "DENY", "rules": [{}]}) == set()
