package dharma.reliability.unhealthy_eviction_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.unhealthy_eviction as rule

test_silent_budget_is_told if {
	subject := samples.resource("PodDisruptionBudget", {"maxUnavailable": 1})
	findings := rule.warn with input.object as subject
	findings == {{"message": "keeps broken pods from being evicted", "path": "spec.unhealthyPodEvictionPolicy"}}
}

test_evictable_pods_pass if {
	subject := samples.resource("PodDisruptionBudget", {"unhealthyPodEvictionPolicy": "AlwaysAllow"})
	findings := rule.warn with input.object as subject
	findings == set()
}
