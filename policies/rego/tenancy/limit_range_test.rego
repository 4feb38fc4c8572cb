package dharma.tenancy.limit_range_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.limit_range as rule

test_range_without_defaults_is_refused if {
	subject := samples.resource("LimitRange", {"limits": [{"type": "Pod", "default": {"memory": "1Gi"}}, {"type": "Container", "defaultRequest": {"cpu": "0", "memory": "1Gi"}}]})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "gives containers no defaultRequest of cpu", "path": "spec.limits"},
		{"message": "gives containers no default of memory", "path": "spec.limits"},
	}
}

test_default_out_of_order_is_refused if {
	subject := samples.resource("LimitRange", {"limits": [{"type": "Container", "defaultRequest": {"cpu": "100m", "memory": "2Gi"}, "default": {"cpu": "4", "memory": "1Gi"}, "max": {"cpu": "2"}}]})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "has a defaultRequest of memory above its default", "path": "spec.limits[0].defaultRequest.memory"},
		{"message": "has a default of cpu above its max", "path": "spec.limits[0].default.cpu"},
	}
}

test_ordered_defaults_pass if {
	subject := samples.resource("LimitRange", {"limits": [{"type": "Container", "defaultRequest": {"cpu": "100m", "memory": "1Gi"}, "default": {"memory": "1Gi"}, "max": {"memory": "8Gi"}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
