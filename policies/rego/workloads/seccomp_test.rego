package dharma.workloads.seccomp_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.seccomp as rule

test_silent_container_is_refused if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app has no seccomp profile", "path": "spec.template.spec.containers[0].securityContext.seccompProfile.type"}}
}

test_unconfined_container_of_a_confined_pod_is_refused if {
	subject := samples.deployment({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}, "containers": [{"name": "a"}, {"name": "b", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container b has no seccomp profile", "path": "spec.template.spec.containers[1].securityContext.seccompProfile.type"}}
}

test_profile_of_the_container_is_enough if {
	subject := samples.one({"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_windows_has_no_seccomp if {
	subject := samples.pod({"os": {"name": "windows"}, "containers": [{"name": "app"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
