package dharma.workloads.privileged_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.privileged as rule

test_privileged_container_is_refused if {
	subject := samples.one({"securityContext": {"privileged": true}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app is privileged", "path": "spec.template.spec.containers[0].securityContext.privileged"}}
}

test_privileged_init_and_debug_containers_are_refused if {
	subject := samples.pod({"initContainers": [{"name": "a", "securityContext": {"privileged": true}}], "ephemeralContainers": [{"name": "b", "securityContext": {"privileged": true}}]})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "container a is privileged", "path": "spec.initContainers[0].securityContext.privileged"},
		{"message": "container b is privileged", "path": "spec.ephemeralContainers[0].securityContext.privileged"},
	}
}

test_unprivileged_and_silent_containers_pass if {
	subject := samples.pod({"containers": [{"name": "a", "securityContext": {"privileged": false}}, {"name": "b"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
