package dharma.mesh.access_logs_test

import data.dharma.mesh.access_logs

object_in(namespace, spec) := {"metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(namespace, spec) := findings if {
	findings := access_logs.deny with input as {"object": object_in(namespace, spec)}
}

envoy := {"providers": [{"name": "envoy"}]}

test_a_provider_passes if found("istio-system", {"accessLogging": [envoy]}) == set()

test_a_namespace_need_not_repeat_it if found("shop", {"metrics": []}) == set()

test_switching_it_off_is_denied_everywhere if {
	found("shop", {"accessLogging": [envoy, {"disabled": true}]}) == {{
		"message": "switches access logs off",
		"path": "spec.accessLogging[1].disabled",
	}}
}

test_the_mesh_must_log if {
	missing := {{"message": "names nobody who logs calls", "path": "spec.accessLogging"}}
	found("istio-system", {}) == missing
	found("istio-system", {"accessLogging": [{"filter": {}}]}) == missing
	found("istio-system", {"selector": {"matchLabels": {"app": "x"}}}) == set()
}
