package dharma.reliability.update_strategy_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.update_strategy as rule

test_recreation_is_refused if {
	subject := samples.workload("Deployment", {"strategy": {"type": "Recreate"}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "is updated by Recreate", "path": "spec.strategy.type"}}
}

test_update_by_deletion_is_refused if {
	subject := samples.workload("StatefulSet", {"updateStrategy": {"type": "OnDelete"}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "is updated by OnDelete", "path": "spec.updateStrategy.type"}}
}

test_loss_of_all_is_refused if {
	subject := samples.workload("Rollout", {"strategy": {"canary": {"maxUnavailable": "100%"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "may lose all replicas during an update", "path": "spec.strategy.canary.maxUnavailable"}}
}

test_standstill_is_refused if {
	subject := samples.workload("Deployment", {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": "0%"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "can neither add nor remove a replica during an update", "path": "spec.strategy.rollingUpdate"}}
}

test_rolling_update_passes if {
	subject := samples.workload("Deployment", {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_stateful_rolling_update_passes if {
	subject := samples.workload("StatefulSet", {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
