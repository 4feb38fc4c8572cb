package dharma.reliability.startup_probe_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.startup_probe as rule

test_liveness_alone_is_told if {
	subject := samples.one({"livenessProbe": {"grpc": {"port": 1}}})
	findings := rule.warn with input.object as subject
	findings == {{"message": "container app is asked whether it lives from its first second", "path": "spec.template.spec.containers[0].startupProbe"}}
}

test_startup_probe_passes if {
	subject := samples.one({"livenessProbe": {}, "startupProbe": {}})
	findings := rule.warn with input.object as subject
	findings == set()
}

test_delay_passes if {
	subject := samples.one({"livenessProbe": {"initialDelaySeconds": 10}})
	findings := rule.warn with input.object as subject
	findings == set()
}

test_container_without_liveness_passes if {
	subject := samples.one({})
	findings := rule.warn with input.object as subject
	findings == set()
}
