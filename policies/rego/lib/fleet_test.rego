package dharma.lib.fleet_test

import data.dharma.lib.fleet
import data.dharma.lib.fleet_samples_test as samples

# Tests bind the target once: the embedded engine loses a rule that was read before `with data`.
objects := {
	"/Namespace": {"/shop": {"metadata": {"labels": {"team": "shop"}}}},
	"/Service": {"shop/web": samples.service("web"), "data/db": samples.service("db")},
	"apps/Deployment": {"shop/web": samples.workload("web")},
	"apps/StatefulSet": {"data/db": samples.workload("db")},
	"argoproj.io/Application": {"argocd/mesh": samples.chart("istio-system"), "argocd/own": {"spec": {"source": {}}}},
}

target := object.union(samples.target(objects), {"calls": [{"caller": "shop/web", "callee": "data/db", "port": 5432}]})

test_objects_are_found_by_namespace_and_name if {
	here := target
	found := fleet.within(here, "/Service", "shop") with data.fleet as {"targets": [here]}
	found == {"web": objects["/Service"]["shop/web"]}
	none := fleet.within(here, "/Service", "other") with data.fleet as {"targets": [here]}
	none == {}
}

test_workloads_are_found_by_namespace if {
	here := target
	found := fleet.running(here, "shop") with data.fleet as {"targets": [here]}
	object.keys(found) == {"apps/Deployment/shop/web"}
	found["apps/Deployment/shop/web"].account == "web"
}

test_namespaces_of_charts_are_not_seen if {
	here := target
	fleet.seen(here, "shop") with data.fleet as {"targets": [here]}
	not fleet.seen(here, "istio-system") with data.fleet as {"targets": [here]}
}

test_selectors_take_labels if {
	labels := {"app": "web", "tier": "front"}
	fleet.selects({}, labels)
	fleet.selects({"matchLabels": {"app": "web"}}, labels)
	not fleet.selects({"matchLabels": {"app": "db"}}, labels)
	not fleet.selects({"matchLabels": {"zone": "a"}}, labels)
}

test_selectors_take_labels_by_expressions if {
	labels := {"app": "web"}
	every good in [
		{"key": "app", "operator": "Exists"},
		{"key": "zone", "operator": "DoesNotExist"},
		{"key": "app", "operator": "In", "values": ["web"]},
		{"key": "app", "operator": "NotIn", "values": ["db"]},
		{"key": "zone", "operator": "NotIn", "values": ["db"]},
	] {
		fleet.selects({"matchExpressions": [good]}, labels)
	}
	every bad in [
		{"key": "zone", "operator": "Exists"},
		{"key": "app", "operator": "DoesNotExist"},
		{"key": "app", "operator": "In", "values": ["db"]},
		{"key": "app", "operator": "NotIn", "values": ["web"]},
		{"key": "app", "operator": "Near", "values": ["web"]},
	] {
		not fleet.selects({"matchExpressions": [bad]}, labels)
	}
}

test_calls_know_the_workloads_on_both_sides if {
	found := fleet.calls with data.fleet as {"targets": [target]}
	found == {"production/region-a": {{
		"from": "shop",
		"to": "data",
		"source": "apps/Deployment/shop/web",
		"destination": "apps/StatefulSet/data/db",
		"port": 5432,
		"principal": "cluster.local/ns/shop/sa/web",
		"text": "shop/web calls data/db",
	}}}
}

pod := {"labels": {"app": "web"}, "namespace": "shop"}

takes(peer, home) if {
	here := target
	fleet.takes(here, peer, home, pod) with data.fleet as {"targets": [here]}
}

test_peers_take_pods_by_label_and_namespace if {
	takes({"podSelector": {"matchLabels": {"app": "web"}}}, "shop")
	takes({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}, "data")
	takes({"namespaceSelector": {"matchLabels": {"team": "shop"}}, "podSelector": {}}, "data")
	not takes({"podSelector": {"matchLabels": {"app": "web"}}}, "data")
	not takes({"namespaceSelector": {"matchLabels": {"team": "data"}}}, "data")
	not takes({"ipBlock": {"cidr": "10.0.0.0/8"}}, "shop")
}

test_ports_are_named_or_all if {
	fleet.at_port({}, 80)
	fleet.at_port({"ports": [{"port": 443}, {"port": 80, "protocol": "TCP"}]}, 80)
	fleet.at_port({"ports": [{"port": 8000, "endPort": 8100}]}, 8080)
	fleet.at_port({"ports": [{"protocol": "TCP"}]}, 80)
	not fleet.at_port({"ports": [{"port": 443}]}, 80)
	not fleet.at_port({"ports": [{"port": 80, "protocol": "UDP"}]}, 80)
}

test_a_finding_points_to_its_object if {
	fleet.finding(target, "/Service/shop/web", "spec", "is wrong") == samples.finding("/Service/shop/web", "spec", "is wrong")
}
