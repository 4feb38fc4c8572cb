package dharma.workloads.host_path_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.host_path as rule

test_path_of_the_node_is_refused if {
	subject := samples.deployment({"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "node", "hostPath": {"path": "/"}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "volume node is a path of the node", "path": "spec.template.spec.volumes[1].hostPath"}}
}

test_empty_host_path_is_refused if {
	subject := samples.pod({"volumes": [{"hostPath": {}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "volume #0 is a path of the node", "path": "spec.volumes[0].hostPath"}}
}

test_other_volumes_pass if {
	subject := samples.deployment({"volumes": [{"name": "tmp", "emptyDir": {}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
