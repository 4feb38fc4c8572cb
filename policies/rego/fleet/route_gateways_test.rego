package dharma.fleet.route_gateways_test

import data.dharma.fleet.route_gateways
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := route_gateways.deny with data.fleet as samples.fleet(objects)
}

route(gateways, hosts) := {"spec": {"gateways": gateways, "hosts": hosts}}

objects(routes) := {
	"networking.istio.io/Gateway": {"istio-ingress/public": {}, "shop/own": {}},
	"networking.istio.io/VirtualService": routes,
}

test_existing_gateways_and_the_mesh_pass if {
	found(objects({"shop/web": route(["mesh", "istio-ingress/public", "own"], ["web.example"])})) == set()
}

test_a_missing_gateway_is_denied if {
	found(objects({"shop/web": route(["mesh", "istio-ingress/private"], ["web.example"])})) == {samples.finding(
		"networking.istio.io/VirtualService/shop/web", "spec.gateways[1]",
		"is bound to gateway istio-ingress/private, which is not there",
	)}
}

test_a_host_belongs_to_one_route if {
	both := {
		"data/web": route(["istio-ingress/public"], ["web.example"]),
		"shop/web": route(["istio-ingress/public"], ["web.example", "web.shop.svc.cluster.local"]),
	}
	found(objects(both)) == {
		samples.finding(
			"networking.istio.io/VirtualService/data/web", "spec.hosts",
			"claims web.example at gateway istio-ingress/public together with networking.istio.io/VirtualService/shop/web",
		),
		samples.finding(
			"networking.istio.io/VirtualService/shop/web", "spec.hosts",
			"claims web.example at gateway istio-ingress/public together with networking.istio.io/VirtualService/data/web",
		),
	}
}

test_one_host_at_two_gateways_passes if {
	found(objects({
		"data/web": route(["istio-ingress/public"], ["web.example"]),
		"shop/web": route(["own"], ["web.example"]),
	})) == set()
}
