package dharma.workloads.run_as_user_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.run_as_user as rule

test_root_user_of_the_pod_is_refused if {
	subject := samples.deployment({"securityContext": {"runAsUser": 0}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "the pod runs with the user root", "path": "spec.template.spec.securityContext.runAsUser"}}
}

test_root_user_and_group_of_a_container_are_refused if {
	subject := samples.one({"securityContext": {"runAsUser": 0, "runAsGroup": 0}})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "container app runs with the user root", "path": "spec.template.spec.containers[0].securityContext.runAsUser"},
		{"message": "container app runs with the group root", "path": "spec.template.spec.containers[0].securityContext.runAsGroup"},
	}
}

test_root_group_of_volumes_is_refused if {
	subject := samples.pod({"securityContext": {"fsGroup": 0}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "the pod runs with the group root", "path": "spec.securityContext.fsGroup"}}
}

test_other_users_and_silence_pass if {
	subject := samples.deployment({"securityContext": {"runAsUser": 10001}, "containers": [{"name": "app", "securityContext": {}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
