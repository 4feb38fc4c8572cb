package dharma.reliability.autoscaler_target_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.autoscaler_target as rule

test_too_high_and_too_low_are_refused if {
	subject := samples.resource("HorizontalPodAutoscaler", {"metrics": [{"resource": {"name": "cpu", "target": {"averageUtilization": 95}}}, {"containerResource": {"name": "memory", "target": {"averageUtilization": 39}}}]})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "aims at 95% of the requested cpu", "path": "spec.metrics[0].resource.target.averageUtilization"},
		{"message": "aims at 39% of the requested memory", "path": "spec.metrics[1].containerResource.target.averageUtilization"},
	}
}

test_bounds_and_other_metrics_pass if {
	subject := samples.resource("HorizontalPodAutoscaler", {"metrics": [{"resource": {"name": "cpu", "target": {"averageUtilization": 40}}}, {"resource": {"name": "cpu", "target": {"averageUtilization": 90}}}, {"external": {"target": {"value": "5"}}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
