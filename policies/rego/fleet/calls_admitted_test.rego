package dharma.fleet.calls_admitted_test

import data.dharma.fleet.calls_admitted
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := calls_admitted.deny with data.fleet as {"targets": [object.union(
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

test_a_call_that_every_policy_admits_passes if found(objects(web, "5432", "web", "db")) == set()

test_the_mesh_must_admit_it if {
	stopped := {samples.finding(
		"apps/StatefulSet/data/db", "",
		"shop/web calls data/db at port 5432, but no AuthorizationPolicy admits it",
	)}
	found(objects(bot, "5432", "web", "db")) == stopped
	found(objects(web, "9187", "web", "db")) == stopped
}

test_the_network_must_let_it_in if {
	found(objects(web, "5432", "bot", "db")) == {samples.finding(
		"apps/StatefulSet/data/db", "",
		"shop/web calls data/db at port 5432, but no NetworkPolicy lets it in",
	)}
}

test_the_network_must_let_it_out if {
	found(objects(web, "5432", "web", "cache")) == {samples.finding(
		"apps/Deployment/shop/web", "",
		"shop/web calls data/db at port 5432, but no NetworkPolicy lets it out",
	)}
}
