package dharma.reliability.replicas_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.replicas as rule

test_single_replica_is_refused if {
	subject := samples.workload("Deployment", {"replicas": 1})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "runs 1 replicas in production", "path": "spec.replicas"}}
}

test_two_replicas_pass if {
	subject := samples.workload("Deployment", {"replicas": 2})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_number_left_to_the_autoscaler_passes if {
	subject := samples.workload("Deployment", {})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_rehearsal_may_run_one if {
	subject := samples.workload("Deployment", {"replicas": 1})
	findings := rule.deny with input.object as subject with input.target as samples.rehearsal
	findings == set()
}
