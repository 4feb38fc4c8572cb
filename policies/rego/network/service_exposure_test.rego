package dharma.network.service_exposure_test

import data.dharma.network.service_exposure

service(namespace, spec) := {"kind": "Service", "metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(object) := findings if {
	findings := service_exposure.deny with input as {"object": object}
}

test_a_service_inside_the_cluster_passes if {
	found(service("shop", {"type": "ClusterIP"})) == set()
	found(service("shop", {})) == set()
	found({"kind": "Service", "metadata": {}}) == set()
}

test_types_that_are_reached_from_outside_are_denied if {
	every type in ["LoadBalancer", "NodePort"] {
		found(service("shop", {"type": type})) == {{
			"message": sprintf("is reached from outside by type %s", [type]),
			"path": "spec.type",
		}}
	}
}

test_the_gateway_may_have_a_load_balancer if found(service("istio-ingress", {"type": "LoadBalancer"})) == set()

test_external_names_are_denied if {
	found(service("istio-ingress", {"type": "ExternalName"})) == {{
		"message": "sends callers to a name outside the cluster",
		"path": "spec.type",
	}}
}

test_external_addresses_are_denied_everywhere if {
	found(service("istio-ingress", {"externalIPs": ["192.0.2.1"]})) == {{
		"message": "answers for addresses that are not its own",
		"path": "spec.externalIPs",
	}}
	found(service("shop", {"externalIPs": []})) == set()
}

test_an_ingress_is_denied if {
	found({"kind": "Ingress", "metadata": {"namespace": "shop"}}) == {{
		"message": "exposes a service without the mesh gateway",
		"path": "",
	}}
}
