package dharma.tenancy.pod_labels_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.pod_labels as rule

owned(labels, given) := object.union(
	samples.labelled(labels),
	samples.workload("Deployment", {"template": {"metadata": {"labels": given}}}),
)

test_pods_without_labels_are_refused if {
	subject := owned({"dharma.dev/owner": "shop"}, {})
	findings := rule.deny with input.object as subject
	findings == {{"message": "does not give its pods the label dharma.dev/owner: shop", "path": "spec.template.metadata.labels[\"dharma.dev/owner\"]"}}
}

test_pods_of_another_are_refused if {
	subject := owned({"dharma.dev/tenant": "shop"}, {"dharma.dev/tenant": "data"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "does not give its pods the label dharma.dev/tenant: shop", "path": "spec.template.metadata.labels[\"dharma.dev/tenant\"]"}}
}

test_same_labels_pass if {
	subject := owned({"dharma.dev/tenant": "shop", "app": "web"}, {"dharma.dev/tenant": "shop"})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_workload_without_owner_passes if {
	subject := owned({}, {})
	findings := rule.deny with input.object as subject
	findings == set()
}
