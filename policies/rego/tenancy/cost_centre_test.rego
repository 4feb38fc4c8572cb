package dharma.tenancy.cost_centre_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.cost_centre as rule

test_another_cost_centre_is_refused if {
	subject := samples.labelled({"dharma.dev/tenant": "shop", "dharma.dev/cost-centre": "cc-1"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "is charged to cc-1, the tenant shop pays from cc-2000", "path": "metadata.labels[\"dharma.dev/cost-centre\"]"}}
}

test_own_cost_centre_passes if {
	subject := samples.labelled({"dharma.dev/tenant": "shop", "dharma.dev/cost-centre": "cc-2000"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_object_of_nobody_passes if {
	subject := samples.labelled({"dharma.dev/cost-centre": "cc-1"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
