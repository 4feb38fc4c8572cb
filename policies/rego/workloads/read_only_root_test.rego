package dharma.workloads.read_only_root_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.read_only_root as rule

test_silent_container_is_refused if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app may write to its root file system", "path": "spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem"}}
}

test_writable_init_container_is_refused if {
	subject := samples.pod({"initContainers": [{"name": "a", "securityContext": {"readOnlyRootFilesystem": false}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container a may write to its root file system", "path": "spec.initContainers[0].securityContext.readOnlyRootFilesystem"}}
}

test_read_only_container_and_debug_session_pass if {
	subject := samples.pod({"containers": [{"name": "a", "securityContext": {"readOnlyRootFilesystem": true}}], "ephemeralContainers": [{"name": "b"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
