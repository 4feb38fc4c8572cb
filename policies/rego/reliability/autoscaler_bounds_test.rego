package dharma.reliability.autoscaler_bounds_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.autoscaler_bounds as rule

test_maximum_below_minimum_is_refused if {
	subject := samples.resource("HorizontalPodAutoscaler", {"minReplicas": 4, "maxReplicas": 3})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "has a maximum of 3 below its minimum of 4", "path": "spec.maxReplicas"}}
}

test_floor_of_one_in_production_is_refused if {
	subject := samples.resource("HorizontalPodAutoscaler", {"minReplicas": 1, "maxReplicas": 3})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "scales down to 1 in production", "path": "spec.minReplicas"}}
}

test_silent_floor_in_production_is_one if {
	subject := samples.resource("HorizontalPodAutoscaler", {"maxReplicas": 3})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "scales down to 1 in production", "path": "spec.minReplicas"}}
}

test_room_and_floor_pass if {
	subject := samples.resource("HorizontalPodAutoscaler", {"minReplicas": 2, "maxReplicas": 3})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_rehearsal_may_scale_to_one if {
	subject := samples.resource("HorizontalPodAutoscaler", {"maxReplicas": 3})
	findings := rule.deny with input.object as subject with input.target as samples.rehearsal
	findings == set()
}
