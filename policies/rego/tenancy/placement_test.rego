package dharma.tenancy.placement_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.placement as rule

test_object_in_a_platform_namespace_is_refused if {
	subject := object.union(samples.labelled({"dharma.dev/tenant": "shop"}), {"metadata": {"namespace": "istio-system"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "belongs to the tenant shop and stands in the namespace istio-system", "path": "metadata.namespace"}}
}

test_object_of_an_unknown_tenant_is_refused if {
	subject := object.union(samples.labelled({"dharma.dev/tenant": "guest"}), {"metadata": {"namespace": "guest"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "belongs to the tenant guest, which is not declared", "path": "metadata.labels[\"dharma.dev/tenant\"]"}}
}

test_cluster_wide_object_of_a_service_is_refused if {
	subject := {"kind": "ClusterRole", "metadata": {"name": "web"}}
	findings := rule.deny with input.object as subject with input.target as samples.target with input.component as {"name": "services", "state": "active"}
	findings == {{"message": "belongs to a service and to no namespace", "path": "metadata.namespace"}}
}

test_object_at_home_passes if {
	subject := samples.labelled({"dharma.dev/tenant": "shop"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_the_namespace_itself_passes if {
	subject := {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"dharma.dev/tenant": "shop"}}}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_object_of_nobody_passes if {
	subject := samples.labelled({})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
