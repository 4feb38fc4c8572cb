package dharma.fleet.subsets_defined_test

import data.dharma.fleet.subsets_defined
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := subsets_defined.deny with data.fleet as samples.fleet(objects)
}

route(host, more) := {"networking.istio.io/VirtualService": {"shop/web": {"spec": {
	"hosts": ["web.example"],
	"gateways": ["istio-ingress/public"],
	"http": [{"route": [{"destination": object.union({"host": host}, more)}]}],
}}}}

subject := "networking.istio.io/VirtualService/shop/web"

objects(labels) := {
	"/Service": {"shop/web": samples.service("web")},
	"apps/Deployment": {"shop/web": samples.workload("web")},
	"networking.istio.io/DestinationRule": {"shop/web": {"spec": {
		"host": "web.shop.svc.cluster.local",
		"subsets": [{"name": "v1", "labels": labels}],
	}}},
}

defined := objects({"app": "web"})

test_a_defined_subset_passes if found(object.union(defined, route("web", {"subset": "v1"}))) == set()

test_routes_without_subsets_pass if found(object.union(defined, route("web", {}))) == set()

test_an_undefined_subset_is_denied if {
	found(object.union(defined, route("web", {"subset": "v2"}))) == {samples.finding(
		subject, "spec.http[0].route[0].destination.subset",
		"routes to subset v2 of web, which nothing defines",
	)}
}

test_a_subset_without_pods_is_denied if {
	found(objects({"app": "wbe"})) == {samples.finding(
		"networking.istio.io/DestinationRule/shop/web", "spec.subsets[0].labels",
		"defines subset v1, whose labels no pod has",
	)}
}

test_a_rule_for_no_service_is_denied if {
	found({"networking.istio.io/DestinationRule": {"shop/web": {"spec": {"host": "web"}}}}) == {samples.finding("networking.istio.io/DestinationRule/shop/web", "spec.host", "is for web, which is no Service of the target")}
}
