package dharma.versions.removed_test

import data.dharma.lib.samples_test as samples
import data.dharma.versions.removed as rule

test_removed_version_is_refused if {
	subject := {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget"}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "uses policy/v1beta1, which Kubernetes removed in 1.25: use policy/v1", "path": "apiVersion"}}
}

test_version_that_goes_later_passes if {
	subject := {"apiVersion": "networking.k8s.io/v1beta1", "kind": "ServiceCIDR"}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_version_removed_on_a_newer_cluster_is_refused if {
	subject := {"apiVersion": "networking.k8s.io/v1beta1", "kind": "ServiceCIDR"}
	findings := rule.deny with input.object as subject with input.target as object.union(samples.target, {"kubernetes": "1.37"})
	findings == {{"message": "uses networking.k8s.io/v1beta1, which Kubernetes removed in 1.37: use networking.k8s.io/v1", "path": "apiVersion"}}
}

test_current_version_passes if {
	subject := {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget"}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
