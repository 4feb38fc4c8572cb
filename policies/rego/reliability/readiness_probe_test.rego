package dharma.reliability.readiness_probe_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.readiness_probe as rule

test_silent_container_is_refused if {
	subject := samples.deployment({"containers": [{"name": "app"}, {"name": "side", "readinessProbe": {"grpc": {"port": 1}}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app is sent requests before it can answer", "path": "spec.template.spec.containers[0].readinessProbe"}}
}

test_init_containers_need_none if {
	subject := samples.deployment({"initContainers": [{"name": "a"}], "containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 1}}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
