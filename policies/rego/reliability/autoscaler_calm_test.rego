package dharma.reliability.autoscaler_calm_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.autoscaler_calm as rule

test_hasty_scaling_down_is_refused if {
	subject := samples.resource("HorizontalPodAutoscaler", {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 30}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "scales down after 30 seconds of quiet", "path": "spec.behavior.scaleDown.stabilizationWindowSeconds"}}
}

test_calm_and_default_pass if {
	subject := samples.resource("HorizontalPodAutoscaler", {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_silence_passes if {
	subject := samples.resource("HorizontalPodAutoscaler", {})
	findings := rule.deny with input.object as subject
	findings == set()
}
