package dharma.network.peers_chosen_test

import data.dharma.network.peers_chosen

object_in(namespace, spec) := {"metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(namespace, spec) := findings if {
	findings := peers_chosen.deny with input as {
		"object": object_in(namespace, spec),
		"target": {"tenants": {"shop": {}}},
	}
}

ports := [{"port": 8080}]

test_chosen_pods_at_named_ports_pass if {
	found("shop", {
		"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": ports}],
		"egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": ports}],
	}) == set()
	found("shop", {"podSelector": {}}) == set()
}

test_every_namespace_at_every_port_is_denied_everywhere if {
	found("argocd", {"egress": [{"to": [{"namespaceSelector": {}}]}]}) == {{
		"message": "opens every port to every namespace",
		"path": "spec.egress[0].to[0]",
	}}
	found("argocd", {"egress": [{"to": [{"namespaceSelector": {}}], "ports": ports}]}) == set()
}

test_every_pod_of_a_tenants_namespace_is_denied if {
	spec := {"ingress": [{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}, {"podSelector": {}}], "ports": ports}]}
	found("shop", spec) == {{
		"message": "chooses every pod of the namespace",
		"path": "spec.ingress[0].from[1]",
	}}
	found("argocd", spec) == set()
}

test_a_whole_other_namespace_may_be_chosen if {
	chosen := {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
	found("shop", {"ingress": [{"from": [chosen], "ports": ports}]}) == set()
}

test_rules_of_a_tenant_name_their_ports if {
	spec := {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]}
	found("shop", spec) == {{"message": "names no ports", "path": "spec.ingress[0].ports"}}
	found("argocd", spec) == set()
}

test_without_a_target_a_tenant_is_not_known if {
	object := object_in("shop", {"ingress": [{"from": [{"podSelector": {}}]}]})
	found_alone := peers_chosen.deny with input as {"object": object}
	found_alone == set()
}
