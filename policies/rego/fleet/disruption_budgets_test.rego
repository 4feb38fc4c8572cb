package dharma.fleet.disruption_budgets_test

import data.dharma.fleet.disruption_budgets
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := disruption_budgets.deny with data.fleet as samples.fleet(objects)
}

objects(replicas, label) := {
	"apps/Deployment": {"shop/web": object.union(samples.workload("web"), {"spec": {"replicas": replicas}})},
	"policy/PodDisruptionBudget": {"shop/web": {"spec": {"selector": {"matchLabels": {"app": label}}}}},
}

unprotected := samples.finding("apps/Deployment/shop/web", "", "has several replicas and no disruption budget")

idle := samples.finding("policy/PodDisruptionBudget/shop/web", "spec.selector", "selects no pod")

test_a_budget_for_the_replicas_passes if found(objects(3, "web")) == set()

test_one_replica_needs_no_budget if found(object.remove(objects(1, "web"), ["policy/PodDisruptionBudget"])) == set()

test_several_replicas_need_a_budget if {
	found(object.remove(objects(2, "web"), ["policy/PodDisruptionBudget"])) == {unprotected}
}

test_a_budget_that_selects_nothing_is_denied if {
	found(objects(1, "wbe")) == {idle}
	found(objects(2, "wbe")) == {idle, unprotected}
}

test_replicas_of_an_autoscaler_count if {
	scaler := {"autoscaling/HorizontalPodAutoscaler": {"shop/web": {"spec": {
		"minReplicas": 2,
		"scaleTargetRef": {"name": "web"},
	}}}}
	alone := object.remove(objects(1, "web"), ["policy/PodDisruptionBudget"])
	found(object.union(alone, scaler)) == {unprotected}
}
