package dharma.workloads.host_process_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.host_process as rule

test_host_process_pod_is_refused if {
	subject := samples.deployment({"securityContext": {"windowsOptions": {"hostProcess": true}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "the pod runs as a process of the node", "path": "spec.template.spec.securityContext.windowsOptions.hostProcess"}}
}

test_host_process_container_is_refused if {
	subject := samples.one({"securityContext": {"windowsOptions": {"hostProcess": true}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app runs as a process of the node", "path": "spec.template.spec.containers[0].securityContext.windowsOptions.hostProcess"}}
}

test_other_pods_pass if {
	subject := samples.deployment({"securityContext": {"windowsOptions": {"hostProcess": false}}, "containers": [{"name": "app"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
