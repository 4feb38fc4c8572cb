package dharma.tenancy.labels_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.labels as rule

full := {
	"app.kubernetes.io/name": "web",
	"app.kubernetes.io/instance": "web",
	"app.kubernetes.io/part-of": "shop",
	"app.kubernetes.io/managed-by": "dharma",
	"dharma.dev/tenant": "shop",
	"dharma.dev/owner": "shop",
	"dharma.dev/cost-centre": "cc-2000",
}

test_missing_and_empty_labels_are_refused if {
	subject := samples.labelled(object.union(object.remove(full, ["dharma.dev/tenant"]), {"dharma.dev/owner": ""}))
	findings := rule.deny with input.object as subject with input.target as samples.target with input.component as {"name": "services", "state": "active"}
	findings == {
		{"message": "lacks the label dharma.dev/tenant", "path": "metadata.labels[\"dharma.dev/tenant\"]"},
		{"message": "lacks the label dharma.dev/owner", "path": "metadata.labels[\"dharma.dev/owner\"]"},
	}
}

test_foreign_objects_in_a_tenants_namespace_need_them_too if {
	subject := samples.labelled(object.remove(full, ["app.kubernetes.io/name"]))
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "lacks the label app.kubernetes.io/name", "path": "metadata.labels[\"app.kubernetes.io/name\"]"}}
}

test_full_labels_pass if {
	subject := samples.labelled(full)
	findings := rule.deny with input.object as subject with input.target as samples.target with input.component as {"name": "services", "state": "active"}
	findings == set()
}

test_objects_of_other_components_need_none if {
	subject := samples.labelled({})
	findings := rule.deny with input.object as subject with input.target as samples.target with input.component as {"name": "tenancy", "state": "active"}
	findings == set()
}

test_foreign_objects_elsewhere_need_none if {
	subject := object.union(samples.labelled({}), {"metadata": {"namespace": "argocd"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
