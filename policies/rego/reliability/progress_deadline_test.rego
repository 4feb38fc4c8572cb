package dharma.reliability.progress_deadline_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.progress_deadline as rule

starting(spec, probe) := samples.workload("Deployment", object.union(
	{"template": {"spec": {"containers": [{"name": "app", "startupProbe": probe}]}}},
	spec,
))

test_deadline_below_the_start_is_refused if {
	subject := starting({"progressDeadlineSeconds": 60, "minReadySeconds": 10}, {"periodSeconds": 5, "failureThreshold": 10})
	findings := rule.deny with input.object as subject
	findings == {{"message": "gives up after 60 seconds although container app may take 60", "path": "spec.progressDeadlineSeconds"}}
}

test_default_deadline_counts if {
	subject := starting({}, {"failureThreshold": 100})
	findings := rule.deny with input.object as subject
	findings == {{"message": "gives up after 600 seconds although container app may take 1000", "path": "spec.progressDeadlineSeconds"}}
}

test_ample_deadline_passes if {
	subject := starting({"progressDeadlineSeconds": 600, "minReadySeconds": 10}, {"periodSeconds": 5, "failureThreshold": 12})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_container_without_startup_probe_passes if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
