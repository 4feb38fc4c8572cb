package dharma.network.no_allow_all_test

import data.dharma.network.no_allow_all

object_in(namespace, spec) := {"metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(namespace, spec) := findings if {
	findings := no_allow_all.deny with input as {"object": object_in(namespace, spec)}
}

inward(number) := {"message": "lets everybody in", "path": sprintf("spec.ingress[%d]", [number])}

outward(number) := {"message": "lets packets out to everywhere", "path": sprintf("spec.egress[%d]", [number])}

peers := [{"podSelector": {"matchLabels": {"app": "web"}}}]

test_rules_with_peers_pass if found("shop", {"ingress": [{"from": peers}], "egress": [{"to": peers}]}) == set()

test_a_policy_without_rules_passes if found("shop", {"podSelector": {}}) == set()

test_a_rule_without_peers_lets_everybody_in if {
	found("shop", {"ingress": [{"from": peers}, {}]}) == {inward(1)}
	found("shop", {"ingress": [{"from": []}]}) == {inward(0)}
	found("shop", {"ingress": [{"ports": [{"port": 80}]}]}) == {inward(0)}
}

test_a_rule_without_peers_lets_out_everywhere if {
	found("shop", {"egress": [{}, {"to": peers}]}) == {outward(0)}
	found("istio-ingress", {"egress": [{"ports": [{"port": 443}]}]}) == {outward(0)}
}

test_a_gateway_serves_anybody_at_named_ports if {
	found("istio-ingress", {"ingress": [{"ports": [{"port": 443}]}]}) == set()
	found("istio-ingress", {"ingress": [{}]}) == {inward(0)}
}
