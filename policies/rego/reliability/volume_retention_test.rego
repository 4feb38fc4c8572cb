package dharma.reliability.volume_retention_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.volume_retention as rule

kept(policy) := samples.workload("StatefulSet", {
	"volumeClaimTemplates": [{"metadata": {"name": "data"}}],
	"persistentVolumeClaimRetentionPolicy": policy,
})

test_deletion_of_data_is_refused if {
	subject := kept({"whenDeleted": "Delete", "whenScaled": "Delete"})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "loses its volumes when it is deleted", "path": "spec.persistentVolumeClaimRetentionPolicy.whenDeleted"},
		{"message": "loses its volumes when it is scaled down", "path": "spec.persistentVolumeClaimRetentionPolicy.whenScaled"},
	}
}

test_kept_data_pass if {
	subject := kept({"whenDeleted": "Retain", "whenScaled": "Retain"})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_stateful_set_without_data_passes if {
	subject := samples.workload("StatefulSet", {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}})
	findings := rule.deny with input.object as subject
	findings == set()
}
