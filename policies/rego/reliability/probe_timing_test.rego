package dharma.reliability.probe_timing_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.probe_timing as rule

test_impatient_liveness_is_refused if {
	subject := samples.one({"livenessProbe": {"periodSeconds": 5, "failureThreshold": 1}, "readinessProbe": {}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app is restarted before it is taken out of service", "path": "spec.template.spec.containers[0].livenessProbe"}}
}

test_probe_longer_than_its_period_is_refused if {
	subject := samples.one({"startupProbe": {"periodSeconds": 5, "timeoutSeconds": 6}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app has a probe that may outlast its period", "path": "spec.template.spec.containers[0].startupProbe.timeoutSeconds"}}
}

test_equal_patience_passes if {
	subject := samples.one({"livenessProbe": {"timeoutSeconds": 10}, "readinessProbe": {"periodSeconds": 10, "failureThreshold": 3}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_container_without_probes_passes if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
