package dharma.resources.limit_above_request_test

import data.dharma.lib.samples_test as samples
import data.dharma.resources.limit_above_request as rule

test_limit_below_request_is_refused if {
	subject := samples.one({"resources": {"requests": {"cpu": "1500m", "memory": "1Gi"}, "limits": {"cpu": 1, "memory": "1G"}}})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "container app requests 1500m cpu and is limited to 1", "path": "spec.template.spec.containers[0].resources.limits.cpu"},
		{"message": "container app requests 1Gi memory and is limited to 1G", "path": "spec.template.spec.containers[0].resources.limits.memory"},
	}
}

test_equal_in_other_units_passes if {
	subject := samples.one({"resources": {"requests": {"cpu": "0.1", "memory": "1Gi"}, "limits": {"cpu": "100m", "memory": "1024Mi"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_limit_without_request_passes if {
	subject := samples.one({"resources": {"limits": {"memory": "1Gi"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
