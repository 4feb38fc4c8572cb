package dharma.mesh.service_entry_scope_test

import data.dharma.mesh.service_entry_scope

found(spec) := findings if {
	findings := service_entry_scope.deny with input as {"object": {"spec": object.union({"exportTo": ["."]}, spec)}}
}

test_a_named_host_of_the_own_namespace_passes if found({"hosts": ["api.example"], "resolution": "DNS"}) == set()

test_a_named_host_may_be_reached_as_it_resolves if found({"hosts": ["api.example"], "resolution": "NONE"}) == set()

test_a_wildcard_without_resolution_is_denied if {
	reached := {{"message": "lets callers reach whatever *.example resolves to", "path": "spec.hosts[1]"}}
	found({"hosts": ["api.example", "*.example"], "resolution": "NONE"}) == reached
	found({"hosts": ["api.example", "*.example"]}) == reached
	found({"hosts": ["*.example"], "resolution": "DYNAMIC_DNS"}) == set()
}

test_other_namespaces_are_denied if {
	exported := {{"message": "opens its hosts to other namespaces", "path": "spec.exportTo"}}
	every namespaces in [[], ["*"], [".", "shop"], null] {
		found({"hosts": ["api.example"], "resolution": "DNS", "exportTo": namespaces}) == exported
	}
}
