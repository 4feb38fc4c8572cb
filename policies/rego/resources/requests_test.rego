package dharma.resources.requests_test

import data.dharma.lib.samples_test as samples
import data.dharma.resources.requests as rule

test_silent_container_is_refused if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "container app requests no cpu", "path": "spec.template.spec.containers[0].resources.requests.cpu"},
		{"message": "container app requests no memory", "path": "spec.template.spec.containers[0].resources.requests.memory"},
	}
}

test_zero_is_no_request if {
	subject := samples.one({"resources": {"requests": {"cpu": "0", "memory": "1Gi"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app requests no cpu", "path": "spec.template.spec.containers[0].resources.requests.cpu"}}
}

test_init_container_must_ask_too if {
	subject := samples.pod({"initContainers": [{"name": "a", "resources": {"requests": {"cpu": 1}}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container a requests no memory", "path": "spec.initContainers[0].resources.requests.memory"}}
}

test_requests_pass if {
	subject := samples.one({"resources": {"requests": {"cpu": "100m", "memory": "1Gi"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_ephemeral_containers_cannot_ask if {
	subject := samples.pod({"ephemeralContainers": [{"name": "debug"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
