package dharma.workloads.drop_capabilities_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.drop_capabilities as rule

test_silent_container_is_refused if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app keeps the runtime's default capabilities", "path": "spec.template.spec.containers[0].securityContext.capabilities.drop"}}
}

test_dropping_some_is_refused if {
	subject := samples.one({"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app keeps the runtime's default capabilities", "path": "spec.template.spec.containers[0].securityContext.capabilities.drop"}}
}

test_init_container_must_drop_too if {
	subject := samples.pod({"initContainers": [{"name": "a"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container a keeps the runtime's default capabilities", "path": "spec.initContainers[0].securityContext.capabilities.drop"}}
}

test_dropping_all_passes if {
	subject := samples.one({"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_windows_knows_no_capabilities if {
	subject := samples.pod({"os": {"name": "windows"}, "containers": [{"name": "app"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
