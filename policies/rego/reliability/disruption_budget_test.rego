package dharma.reliability.disruption_budget_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.disruption_budget as rule

budget(spec) := samples.resource("PodDisruptionBudget", object.union({"selector": {"matchLabels": {"app": "web"}}}, spec))

test_budget_of_none_is_refused if {
	subject := budget({"maxUnavailable": 0})
	findings := rule.deny with input.object as subject
	findings == {{"message": "lets no pod be evicted: maxUnavailable is 0", "path": "spec.maxUnavailable"}}
}

test_budget_of_no_percent_is_refused if {
	subject := budget({"maxUnavailable": "0%"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "lets no pod be evicted: maxUnavailable is 0%", "path": "spec.maxUnavailable"}}
}

test_all_must_stay_is_refused if {
	subject := budget({"minAvailable": "100%"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "lets no pod be evicted: minAvailable is 100%", "path": "spec.minAvailable"}}
}

test_silent_budget_is_refused if {
	subject := budget({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "says neither maxUnavailable nor minAvailable", "path": "spec"}}
}

test_budget_for_everything_is_refused if {
	subject := samples.resource("PodDisruptionBudget", {"maxUnavailable": 1, "selector": {}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "selects every pod of its namespace", "path": "spec.selector"}}
}

test_one_at_a_time_passes if {
	subject := budget({"maxUnavailable": 1})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_half_must_stay_passes if {
	subject := budget({"minAvailable": "50%"})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_expressions_select_too if {
	subject := samples.resource("PodDisruptionBudget", {"maxUnavailable": 1, "selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}})
	findings := rule.deny with input.object as subject
	findings == set()
}
