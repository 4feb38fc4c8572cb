package dharma.versions.mesh_test

import data.dharma.versions.mesh as rule

test_beta_is_told if {
	subject := {"apiVersion": "networking.istio.io/v1beta1", "kind": "Gateway"}
	findings := rule.warn with input.object as subject
	findings == {{"message": "uses networking.istio.io/v1beta1: use networking.istio.io/v1", "path": "apiVersion"}}
}

test_alpha_is_told if {
	subject := {"apiVersion": "telemetry.istio.io/v1alpha1", "kind": "Telemetry"}
	findings := rule.warn with input.object as subject
	findings == {{"message": "uses telemetry.istio.io/v1alpha1: use telemetry.istio.io/v1", "path": "apiVersion"}}
}

test_stable_version_passes if {
	subject := {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication"}
	findings := rule.warn with input.object as subject
	findings == set()
}

test_kind_without_a_stable_version_passes if {
	subject := {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter"}
	findings := rule.warn with input.object as subject
	findings == set()
}

test_gateway_of_another_group_passes if {
	subject := {"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "Gateway"}
	findings := rule.warn with input.object as subject
	findings == set()
}
