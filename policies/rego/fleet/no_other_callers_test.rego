package dharma.fleet.no_other_callers_test

import data.dharma.fleet.no_other_callers
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := no_other_callers.deny with data.fleet as {"targets": [object.union(
		samples.target(objects),
		{"calls": [{"caller": "shop/web", "callee": "data/db", "port": 5432}]},
	)]}
}

objects(principal, port, from, to) := {
	"/Namespace": {"/shop": {}, "/data": {}},
	"/Service": {"shop/web": samples.service("web"), "data/db": samples.service("db")},
	"apps/Deployment": {"shop/web": samples.workload("web"), "shop/bot": samples.workload("bot")},
	"apps/StatefulSet": {"data/db": samples.workload("db")},
	"security.istio.io/AuthorizationPolicy": {"data/db": {"spec": {
		"selector": {"matchLabels": {"app": "db"}},
		"rules": [{"from": [{"source": {"principals": [principal]}}], "to": [{"operation": {"ports": [port]}}]}],
	}}},
	"networking.k8s.io/NetworkPolicy": {
		"shop/web": {"spec": {
			"podSelector": {"matchLabels": {"app": "web"}},
			"policyTypes": ["Egress"],
			"egress": [{"to": [peer("data", to)], "ports": [{"port": 5432}]}],
		}},
		"data/db": {"spec": {
			"podSelector": {"matchLabels": {"app": "db"}},
			"policyTypes": ["Ingress"],
			"ingress": [{"from": [peer("shop", from)], "ports": [{"port": 5432}]}],
		}},
	},
}

peer(namespace, app) := {
	"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
	"podSelector": {"matchLabels": {"app": app}},
}

web := "cluster.local/ns/shop/sa/web"

bot := "cluster.local/ns/shop/sa/bot"

test_declared_callers_pass if found(objects(web, "5432", "web", "db")) == set()

test_replicas_call_each_other if found(objects("cluster.local/ns/data/sa/db", "5432", "web", "db")) == set()

test_gateways_declare_nothing if found(objects("cluster.local/ns/istio-ingress/sa/gateway", "5432", "web", "db")) == set()

test_an_undeclared_principal_is_denied if {
	found(objects(bot, "5432", "web", "db")) == {samples.finding(
		"security.istio.io/AuthorizationPolicy/data/db", "spec.rules[0].from[0]",
		"admits cluster.local/ns/shop/sa/bot at port 5432, which declared no such call",
	)}
}

test_an_undeclared_port_is_denied if {
	found(objects(web, "9187", "web", "db")) == {samples.finding(
		"security.istio.io/AuthorizationPolicy/data/db", "spec.rules[0].from[0]",
		"admits cluster.local/ns/shop/sa/web at port 9187, which declared no such call",
	)}
}

test_undeclared_pods_are_denied if {
	found(objects(web, "5432", "bot", "db")) == {samples.finding(
		"networking.k8s.io/NetworkPolicy/data/db", "spec.ingress[0].from[0]",
		"lets in bot of shop, which declared no call",
	)}
}

policy(from) := {"networking.k8s.io/NetworkPolicy": {"data/db": {"spec": {
	"podSelector": {"matchLabels": {"app": "db"}},
	"ingress": [{"from": [from]}],
}}}}

from_peer(from) := found(object.union(object.remove(objects(web, "5432", "web", "db"), ["networking.k8s.io/NetworkPolicy"]), policy(from)))

test_every_namespace_lets_in_undeclared_pods if {
	from_peer({"namespaceSelector": {}}) == {samples.finding(
		"networking.k8s.io/NetworkPolicy/data/db", "spec.ingress[0].from[0]",
		"lets in bot of shop, which declared no call",
	)}
}

test_the_own_replicas_may_come_in if from_peer({"podSelector": {}}) == set()
