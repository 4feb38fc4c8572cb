package dharma.resources.volume_claims_test

import data.dharma.lib.samples_test as samples
import data.dharma.resources.volume_claims as rule

claimed(spec) := samples.workload("StatefulSet", {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": spec}]})

test_claim_that_leaves_all_open_is_refused if {
	subject := claimed({})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "claim data names no storage class", "path": "spec.volumeClaimTemplates[0].spec.storageClassName"},
		{"message": "claim data asks for no storage", "path": "spec.volumeClaimTemplates[0].spec.resources.requests.storage"},
		{"message": "claim data has no access mode", "path": "spec.volumeClaimTemplates[0].spec.accessModes"},
	}
}

test_empty_class_is_refused if {
	subject := claimed({"storageClassName": "", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "claim data names no storage class", "path": "spec.volumeClaimTemplates[0].spec.storageClassName"}}
}

test_full_claim_passes if {
	subject := claimed({"storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_stateful_set_without_claims_passes if {
	subject := samples.workload("StatefulSet", {})
	findings := rule.deny with input.object as subject
	findings == set()
}
