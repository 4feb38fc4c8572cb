package dharma.tenancy.pod_security_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.pod_security as rule

namespace(name, labels) := {"kind": "Namespace", "metadata": {"name": name, "labels": labels}}

test_silent_namespace_is_refused if {
	subject := namespace("argocd", {})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "enforces no Pod Security Standard", "path": "metadata.labels[\"pod-security.kubernetes.io/enforce\"]"}}
}

test_unknown_level_is_refused if {
	subject := namespace("shop", {"pod-security.kubernetes.io/enforce": "strict"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "enforces no Pod Security Standard", "path": "metadata.labels[\"pod-security.kubernetes.io/enforce\"]"}}
}

test_lower_level_of_a_tenant_is_refused if {
	subject := namespace("shop", {"pod-security.kubernetes.io/enforce": "baseline"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "enforces baseline, a tenant's namespace has restricted", "path": "metadata.labels[\"pod-security.kubernetes.io/enforce\"]"}}
}

test_restricted_tenant_passes if {
	subject := namespace("shop", {"pod-security.kubernetes.io/enforce": "restricted"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_stated_level_of_the_platform_passes if {
	subject := namespace("monitoring", {"pod-security.kubernetes.io/enforce": "privileged"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
