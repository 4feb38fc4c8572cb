package dharma.mesh.strict_mtls_test

import data.dharma.mesh.strict_mtls

object_in(namespace, spec) := {"metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(namespace, spec) := findings if {
	findings := strict_mtls.deny with input as {"object": object_in(namespace, spec)}
}

test_strict_passes if {
	found("istio-system", {"mtls": {"mode": "STRICT"}}) == set()
	found("shop", {"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "STRICT"}}}) == set()
}

test_a_namespace_may_inherit if found("shop", {"mtls": {"mode": "UNSET"}}) == set()

test_plain_text_is_denied if {
	every mode in ["PERMISSIVE", "DISABLE"] {
		found("shop", {"mtls": {"mode": mode}}) == {{
			"message": sprintf("accepts plain text in mode %s", [mode]),
			"path": "spec.mtls.mode",
		}}
	}
}

test_plain_text_at_one_port_is_denied if {
	found("shop", {"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}}) == {{
		"message": "accepts plain text in mode DISABLE",
		"path": "spec.portLevelMtls.8080.mode",
	}}
}

test_the_mesh_must_say_strict if {
	missing := {{"message": "does not say STRICT for the whole mesh", "path": "spec.mtls.mode"}}
	found("istio-system", {}) == missing
	found("istio-system", {"mtls": {"mode": "UNSET"}}) == missing
	found("istio-system", {"selector": {"matchLabels": {"app": "x"}}}) == set()
}

test_ports_of_a_wrong_type_are_not_looked_at if found("shop", {"portLevelMtls": "none"}) == set()
