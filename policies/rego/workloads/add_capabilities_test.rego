package dharma.workloads.add_capabilities_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.add_capabilities as rule

test_added_capability_is_refused if {
	subject := samples.one({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app adds the capability SYS_ADMIN", "path": "spec.template.spec.containers[0].securityContext.capabilities.add[1]"}}
}

test_binding_low_ports_passes if {
	subject := samples.one({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_adding_nothing_passes if {
	subject := samples.one({"securityContext": {"capabilities": {"drop": ["ALL"]}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
