package dharma.resources.plausible_test

import data.dharma.lib.samples_test as samples
import data.dharma.resources.plausible as rule

test_memory_in_thousandths_is_refused if {
	subject := samples.one({"resources": {"requests": {"memory": "128m"}, "limits": {"memory": 512}}})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "memory of container app cannot be meant: 128m", "path": "spec.template.spec.containers[0].resources.requests.memory"},
		{"message": "memory of container app cannot be meant: 512", "path": "spec.template.spec.containers[0].resources.limits.memory"},
	}
}

test_hundreds_of_cores_are_refused if {
	subject := samples.one({"resources": {"requests": {"cpu": "500"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "cpu of container app cannot be meant: 500", "path": "spec.template.spec.containers[0].resources.requests.cpu"}}
}

test_usual_amounts_pass if {
	subject := samples.one({"resources": {"requests": {"cpu": "500m", "memory": "128Mi", "example.org/gpu": "1"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
