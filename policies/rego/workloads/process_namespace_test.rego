package dharma.workloads.process_namespace_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.process_namespace as rule

test_shared_namespace_is_refused if {
	subject := samples.deployment({"shareProcessNamespace": true})
	findings := rule.deny with input.object as subject
	findings == {{"message": "shares one process namespace among its containers", "path": "spec.template.spec.shareProcessNamespace"}}
}

test_own_namespaces_pass if {
	subject := samples.deployment({"shareProcessNamespace": false})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_silence_passes if {
	subject := samples.deployment({})
	findings := rule.deny with input.object as subject
	findings == set()
}
