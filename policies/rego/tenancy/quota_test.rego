package dharma.tenancy.quota_test

import data.dharma.lib.samples_test as samples
import data.dharma.tenancy.quota as rule

test_quota_that_forgets_is_refused if {
	subject := object.union(samples.resource("ResourceQuota", {"hard": {"requests.cpu": "4", "requests.memory": "4Gi", "pods": "10"}}), {"metadata": {"namespace": "argocd"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "leaves limits.memory unbounded", "path": "spec.hard[\"limits.memory\"]"}}
}

test_quota_of_a_tenant_bounds_more if {
	subject := samples.resource("ResourceQuota", {"hard": {"requests.cpu": "4", "requests.memory": "4Gi", "limits.memory": "4Gi", "pods": "10", "services.loadbalancers": "0", "services.nodeports": "1"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {
		{"message": "leaves requests.storage unbounded", "path": "spec.hard[\"requests.storage\"]"},
		{"message": "allows a tenant to open ports of the nodes", "path": "spec.hard[\"services.nodeports\"]"},
	}
}

test_full_quota_passes if {
	subject := samples.resource("ResourceQuota", {"hard": {"requests.cpu": "4", "requests.memory": "4Gi", "limits.memory": "4Gi", "pods": "10", "requests.storage": "10Gi", "services.loadbalancers": "0", "services.nodeports": "0"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
