package dharma.lib.mesh_test

import data.dharma.lib.mesh

test_only_the_gateway_namespace_is_at_the_gateway if {
	mesh.at_gateway({"metadata": {"namespace": "istio-ingress"}})
	not mesh.at_gateway({"metadata": {"namespace": "shop"}})
	not mesh.at_gateway({"metadata": {}})
}

test_a_tenant_owns_the_namespace_of_its_name if {
	mesh.of_tenant({"metadata": {"namespace": "shop"}}, {"tenants": {"shop": {}}})
	not mesh.of_tenant({"metadata": {"namespace": "argocd"}}, {"tenants": {"shop": {}}})
	not mesh.of_tenant({"metadata": {}}, {"tenants": {"shop": {}}})
}

test_hosts_of_services_are_inside if {
	mesh.inside("cart.shop.svc.cluster.local")
	mesh.inside("cart")
	not mesh.inside("shop.example")
}

test_a_host_means_a_service if {
	mesh.service("cart.shop.svc.cluster.local", "data") == "shop/cart"
	mesh.service("cart", "shop") == "shop/cart"
}

test_other_hosts_mean_no_service if {
	not mesh.service("shop.example", "shop")
	not mesh.service("a.cart.shop.svc.cluster.local", "shop")
	not mesh.service("*", "shop")
}

test_a_principal_names_trust_domain_namespace_and_account if {
	mesh.principal("cluster.local", "shop", "cart") == "cluster.local/ns/shop/sa/cart"
}

test_durations_are_counted_in_milliseconds if {
	mesh.milliseconds("1h30m") == 5400000
	mesh.milliseconds("300ms") == 300
	mesh.milliseconds("0.25s") == 250
	mesh.milliseconds("0s") == 0
}

test_what_is_no_duration_has_no_length if {
	not mesh.milliseconds("soon")
	not mesh.milliseconds("5")
	not mesh.milliseconds(5)
}
