package dharma.resources.empty_dir_size_test

import data.dharma.lib.samples_test as samples
import data.dharma.resources.empty_dir_size as rule

test_unbounded_volume_is_refused if {
	subject := samples.deployment({"volumes": [{"name": "tmp", "emptyDir": {}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "volume tmp has no size limit", "path": "spec.template.spec.volumes[0].emptyDir.sizeLimit"}}
}

test_zero_is_no_bound if {
	subject := samples.deployment({"volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "0", "medium": "Memory"}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "volume tmp has no size limit", "path": "spec.template.spec.volumes[0].emptyDir.sizeLimit"}}
}

test_bounded_and_other_volumes_pass if {
	subject := samples.deployment({"volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}, {"name": "data", "persistentVolumeClaim": {"claimName": "a"}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
