package dharma.mesh.namespace_injected_test

import data.dharma.mesh.namespace_injected

found(name, labels) := findings if {
	findings := namespace_injected.deny with input as {
		"object": {"metadata": {"name": name, "labels": labels}},
		"target": {"tenants": {"shop": {}}},
	}
}

outside := {{"message": "is not part of the mesh", "path": "metadata.labels"}}

test_injection_by_label_or_revision_passes if {
	found("shop", {"istio-injection": "enabled"}) == set()
	found("shop", {"istio.io/rev": "stable"}) == set()
}

test_a_tenant_outside_the_mesh_is_denied if {
	found("shop", {}) == outside
	found("shop", {"istio-injection": "disabled"}) == outside
	found("shop", {"istio-injection": "disabled", "istio.io/rev": "stable"}) == outside
}

test_the_platforms_namespaces_may_stay_outside if found("monitoring", {}) == set()
