package dharma.reliability.selectors_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.selectors as rule

chosen(wanted, constraints) := samples.workload("Deployment", {
	"selector": {"matchLabels": wanted},
	"template": {
		"metadata": {"labels": {"app": "web", "tier": "front"}},
		"spec": {"topologySpreadConstraints": constraints},
	},
})

test_foreign_selector_is_refused if {
	subject := chosen({"app": "api"}, [])
	findings := rule.deny with input.object as subject
	findings == {{"message": "does not select its own pods", "path": "spec.selector.matchLabels"}}
}

test_foreign_and_missing_spread_selectors_are_refused if {
	subject := chosen({"app": "web"}, [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}, {"topologyKey": "host", "labelSelector": {"matchLabels": {"app": "api"}}}, {"topologyKey": "rack"}])
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "spreads over host by pods that are not its own", "path": "spec.template.spec.topologySpreadConstraints[1].labelSelector"},
		{"message": "spreads over rack by pods that are not its own", "path": "spec.template.spec.topologySpreadConstraints[2].labelSelector"},
	}
}

test_own_pods_pass if {
	subject := chosen({"app": "web"}, [])
	findings := rule.deny with input.object as subject
	findings == set()
}

test_workload_without_labels_and_selector_passes if {
	subject := samples.deployment({})
	findings := rule.deny with input.object as subject
	findings == set()
}
