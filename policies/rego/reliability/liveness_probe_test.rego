package dharma.reliability.liveness_probe_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.liveness_probe as rule

test_silent_container_is_refused if {
	subject := samples.deployment({"containers": [{"name": "app"}, {"name": "side", "livenessProbe": {"grpc": {"port": 1}}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app is not restarted when it hangs", "path": "spec.template.spec.containers[0].livenessProbe"}}
}

test_init_containers_need_none if {
	subject := samples.deployment({"initContainers": [{"name": "a"}], "containers": [{"name": "app", "livenessProbe": {"httpGet": {"port": 1}}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
