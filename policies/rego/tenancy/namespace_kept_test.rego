package dharma.tenancy.namespace_kept_test

import data.dharma.tenancy.namespace_kept as rule

test_namespace_that_goes_unasked_is_refused if {
	subject := {"kind": "Namespace", "metadata": {"name": "shop"}}
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "is deleted without asking: Prune=confirm is missing", "path": "metadata.annotations[\"argocd.argoproj.io/sync-options\"]"},
		{"message": "is deleted without asking: Delete=confirm is missing", "path": "metadata.annotations[\"argocd.argoproj.io/sync-options\"]"},
	}
}

test_half_of_it_is_refused if {
	subject := {"kind": "Namespace", "metadata": {"name": "shop", "annotations": {"argocd.argoproj.io/sync-options": "Prune=confirm"}}}
	findings := rule.deny with input.object as subject
	findings == {{"message": "is deleted without asking: Delete=confirm is missing", "path": "metadata.annotations[\"argocd.argoproj.io/sync-options\"]"}}
}

test_confirmed_deletion_passes if {
	subject := {"kind": "Namespace", "metadata": {"name": "shop", "annotations": {"argocd.argoproj.io/sync-options": "Prune=confirm, Delete=confirm"}}}
	findings := rule.deny with input.object as subject
	findings == set()
}
