package dharma.tenancy.default_namespace_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.default_namespace as rule

test_object_in_default_is_refused if {
	subject := {"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
	findings := rule.deny with input.object as subject
	findings == {{"message": "stands in the default namespace", "path": "metadata.namespace"}}
}

test_workload_without_namespace_is_refused if {
	subject := {"kind": "Deployment", "metadata": {"name": "a"}}
	findings := rule.deny with input.object as subject
	findings == {{"message": "names no namespace and ends in the default one", "path": "metadata.namespace"}}
}

test_object_with_a_namespace_passes if {
	subject := samples.labelled({})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_cluster_wide_object_passes if {
	subject := {"kind": "ClusterRole", "metadata": {"name": "a"}}
	findings := rule.deny with input.object as subject
	findings == set()
}
