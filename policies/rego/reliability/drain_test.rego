package dharma.reliability.drain_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.drain as rule

test_serving_container_without_wait_is_told if {
	subject := samples.one({"ports": [{"containerPort": 80}]})
	findings := rule.warn with input.object as subject
	findings == {{"message": "container app ends while requests are still sent to it", "path": "spec.template.spec.containers[0].lifecycle.preStop"}}
}

test_waiting_container_passes if {
	subject := samples.one({"ports": [{"containerPort": 80}], "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}})
	findings := rule.warn with input.object as subject
	findings == set()
}

test_container_without_ports_passes if {
	subject := samples.one({"ports": []})
	findings := rule.warn with input.object as subject
	findings == set()
}
