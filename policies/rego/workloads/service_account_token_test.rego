package dharma.workloads.service_account_token_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.service_account_token as rule

test_silent_pod_is_refused if {
	subject := samples.deployment({})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "mounts a token of the API server without saying so", "path": "spec.template.spec.automountServiceAccountToken"}}
}

test_token_of_a_tenant_is_refused if {
	subject := samples.deployment({"automountServiceAccountToken": true})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "mounts a token of the API server in a tenant's namespace", "path": "spec.template.spec.automountServiceAccountToken"}}
}

test_controller_that_says_so_passes if {
	subject := object.union(samples.deployment({"automountServiceAccountToken": true}), {"metadata": {"namespace": "argocd"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_pod_without_token_passes if {
	subject := samples.deployment({"automountServiceAccountToken": false})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
