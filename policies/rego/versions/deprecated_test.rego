package dharma.versions.deprecated_test

import data.dharma.lib.samples_test as samples
import data.dharma.versions.deprecated as rule

test_deprecated_version_is_told if {
	subject := {"apiVersion": "networking.k8s.io/v1beta1", "kind": "ServiceCIDR"}
	findings := rule.warn with input.object as subject with input.target as samples.target
	findings == {{"message": "uses networking.k8s.io/v1beta1, which goes with Kubernetes 1.37: use networking.k8s.io/v1", "path": "apiVersion"}}
}

test_removed_version_is_left_to_its_rule if {
	subject := {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget"}
	findings := rule.warn with input.object as subject with input.target as samples.target
	findings == set()
}

test_version_deprecated_later_passes if {
	subject := {"apiVersion": "resource.k8s.io/v1beta1", "kind": "ResourceClaim"}
	findings := rule.warn with input.object as subject with input.target as samples.target
	findings == set()
}

test_current_version_passes if {
	subject := {"apiVersion": "v1", "kind": "Service"}
	findings := rule.warn with input.object as subject with input.target as samples.target
	findings == set()
}
