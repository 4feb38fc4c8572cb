package dharma.fleet.route_destinations_test

import data.dharma.fleet.route_destinations
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := route_destinations.deny with data.fleet as samples.fleet(objects)
}

route(host, more) := {"networking.istio.io/VirtualService": {"shop/web": {"spec": {
	"hosts": ["web.example"],
	"gateways": ["istio-ingress/public"],
	"http": [{"route": [{"destination": object.union({"host": host}, more)}]}],
}}}}

subject := "networking.istio.io/VirtualService/shop/web"

web := {"/Service": {"shop/web": samples.service("web")}}

host := "web.shop.svc.cluster.local"

test_an_existing_service_and_port_pass if {
	found(object.union(web, route(host, {"port": {"number": 8080}}))) == set()
	found(object.union(web, route("web", {}))) == set()
}

test_a_missing_service_is_denied if {
	found(route(host, {})) == {samples.finding(
		subject, "spec.http[0].route[0].destination.host",
		"routes to web.shop.svc.cluster.local, which is no Service of the target",
	)}
}

test_a_missing_port_is_denied if {
	found(object.union(web, route(host, {"port": {"number": 80}}))) == {samples.finding(
		subject, "spec.http[0].route[0].destination.port.number",
		"routes to port 80, which Service web.shop.svc.cluster.local does not have",
	)}
}

test_hosts_elsewhere_are_not_looked_at if {
	found(route("api.example", {})) == set()
	charts := {"argoproj.io/Application": {"argocd/x": samples.chart("shop")}}
	found(object.union(charts, route(host, {}))) == set()
}
