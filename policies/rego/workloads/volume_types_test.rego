package dharma.workloads.volume_types_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.volume_types as rule

test_network_volume_is_refused if {
	subject := samples.deployment({"volumes": [{"name": "share", "nfs": {"server": "a", "path": "/"}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "volume share is of the type nfs", "path": "spec.template.spec.volumes[0].nfs"}}
}

test_safe_types_pass if {
	subject := samples.deployment({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "x"}}, {"name": "c", "projected": {}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_node_path_is_left_to_its_rule if {
	subject := samples.deployment({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_pods_without_volumes_pass if {
	subject := samples.deployment({})
	findings := rule.deny with input.object as subject
	findings == set()
}
