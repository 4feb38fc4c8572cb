package dharma.mesh.authorization_ports_test

import data.dharma.mesh.authorization_ports

found(spec) := findings if {
	findings := authorization_ports.deny with input as {"object": {"spec": spec}}
}

to(ports) := {"operation": {"ports": ports}}

test_named_ports_pass if found({"rules": [{"to": [to(["80"]), to(["443"])]}]}) == set()

test_policies_without_rules_pass if found({}) == set()

test_a_policy_that_denies_may_concern_every_port if found({"action": "DENY", "rules": [{}]}) == set()

test_a_rule_without_ports_is_denied if {
	found({"rules": [{"to": [to(["80"])]}, {}]}) == {{"message": "opens every port", "path": "spec.rules[1].to"}}
	found({"rules": [{"to": [to(["80"]), to([])]}]}) == {{"message": "opens every port", "path": "spec.rules[0].to"}}
	found({"rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}) == {{
		"message": "opens every port",
		"path": "spec.rules[0].to",
	}}
}
