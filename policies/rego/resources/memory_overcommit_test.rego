package dharma.resources.memory_overcommit_test

import data.dharma.lib.samples_test as samples
import data.dharma.resources.memory_overcommit as rule

test_wide_limit_is_told if {
	subject := samples.one({"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "2049Mi"}}})
	findings := rule.warn with input.object as subject
	findings == {{"message": "container app may use more than twice the memory it requests: 2049Mi of 1Gi", "path": "spec.template.spec.containers[0].resources.limits.memory"}}
}

test_twice_the_request_passes if {
	subject := samples.one({"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}})
	findings := rule.warn with input.object as subject
	findings == set()
}

test_limit_alone_passes if {
	subject := samples.one({"resources": {"limits": {"memory": "2Gi"}}})
	findings := rule.warn with input.object as subject
	findings == set()
}
