package dharma.tenancy.pod_security_version_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.pod_security_version as rule

namespace(name, labels) := {"kind": "Namespace", "metadata": {"name": name, "labels": labels}}

test_missing_version_is_refused if {
	subject := namespace("shop", {"pod-security.kubernetes.io/enforce": "restricted"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "does not pin the standard that it means by enforce", "path": "metadata.labels[\"pod-security.kubernetes.io/enforce-version\"]"}}
}

test_latest_is_refused if {
	subject := namespace("shop", {"pod-security.kubernetes.io/warn": "restricted", "pod-security.kubernetes.io/warn-version": "latest"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "does not pin the standard that it means by warn", "path": "metadata.labels[\"pod-security.kubernetes.io/warn-version\"]"}}
}

test_release_that_the_cluster_lacks_is_refused if {
	subject := namespace("shop", {"pod-security.kubernetes.io/audit": "restricted", "pod-security.kubernetes.io/audit-version": "v1.35"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "does not pin the standard that it means by audit", "path": "metadata.labels[\"pod-security.kubernetes.io/audit-version\"]"}}
}

test_release_of_the_cluster_passes if {
	subject := namespace("shop", {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "v1.34"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
