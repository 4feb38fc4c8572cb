package dharma.tenancy.namespace_owner_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.namespace_owner as rule

test_namespace_of_nobody_is_refused if {
	subject := {"kind": "Namespace", "metadata": {"name": "argocd"}}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "lacks the label dharma.dev/owner", "path": "metadata.labels[\"dharma.dev/owner\"]"}}
}

test_tenant_without_cost_centre_and_contact_is_refused if {
	subject := {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"dharma.dev/owner": "shop", "dharma.dev/tenant": "shop"}, "annotations": {}}}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {
		{"message": "lacks the label dharma.dev/cost-centre", "path": "metadata.labels[\"dharma.dev/cost-centre\"]"},
		{"message": "names nobody to talk to", "path": "metadata.annotations[\"dharma.dev/contact\"]"},
	}
}

test_tenant_that_says_all_passes if {
	subject := {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"dharma.dev/owner": "shop", "dharma.dev/tenant": "shop", "dharma.dev/cost-centre": "cc-2000"}, "annotations": {"dharma.dev/contact": "shop@platform.example"}}}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_namespace_of_the_platform_passes if {
	subject := {"kind": "Namespace", "metadata": {"name": "argocd", "labels": {"dharma.dev/owner": "platform"}}}
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
