package dharma.fleet.policies_select_test

import data.dharma.fleet.policies_select
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := policies_select.deny with data.fleet as samples.fleet(objects)
}

objects(kind, field, selector) := {
	"apps/Deployment": {"shop/web": samples.workload("web")},
	kind: {"shop/web": {"spec": {field: selector}}},
}

network := "networking.k8s.io/NetworkPolicy"

test_selecting_pods_passes if {
	found(objects(network, "podSelector", {"matchLabels": {"app": "web"}})) == set()
	found(objects(network, "podSelector", {})) == set()
	found(objects("security.istio.io/AuthorizationPolicy", "action", "ALLOW")) == set()
}

test_selecting_nothing_is_denied if {
	found(objects(network, "podSelector", {"matchLabels": {"app": "wbe"}})) == {samples.finding("networking.k8s.io/NetworkPolicy/shop/web", "spec.podSelector", "selects no pod")}
	found(objects("security.istio.io/AuthorizationPolicy", "selector", {"matchLabels": {"app": "wbe"}})) == {samples.finding("security.istio.io/AuthorizationPolicy/shop/web", "spec.selector", "selects no pod")}
}
