package dharma.images.pull_policy_test

import data.dharma.images.pull_policy as rule
import data.dharma.lib.samples_test as samples

test_silent_container_is_refused if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app does not state a policy that pulls its image", "path": "spec.template.spec.containers[0].imagePullPolicy"}}
}

test_never_is_refused if {
	subject := samples.one({"imagePullPolicy": "Never"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app does not state a policy that pulls its image", "path": "spec.template.spec.containers[0].imagePullPolicy"}}
}

test_if_not_present_passes if {
	subject := samples.one({"imagePullPolicy": "IfNotPresent"})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_always_passes if {
	subject := samples.one({"imagePullPolicy": "Always"})
	findings := rule.deny with input.object as subject
	findings == set()
}
