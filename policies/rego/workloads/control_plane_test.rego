package dharma.workloads.control_plane_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.control_plane as rule

test_toleration_of_the_control_plane_is_refused if {
	subject := samples.deployment({"tolerations": [{"key": "gpu"}, {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "tolerates the control plane's nodes", "path": "spec.template.spec.tolerations[1]"}}
}

test_toleration_of_everything_is_refused if {
	subject := samples.deployment({"tolerations": [{"operator": "Exists"}]})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "tolerates the control plane's nodes", "path": "spec.template.spec.tolerations[0]"}}
}

test_system_priority_and_fixed_node_are_refused if {
	subject := samples.deployment({"priorityClassName": "system-node-critical", "nodeName": "node-1"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {
		{"message": "sets priorityClassName to system-node-critical", "path": "spec.template.spec.priorityClassName"},
		{"message": "sets nodeName to node-1", "path": "spec.template.spec.nodeName"},
	}
}

test_own_taints_and_priorities_pass if {
	subject := samples.deployment({"tolerations": [{"key": "gpu", "operator": "Exists"}], "priorityClassName": "batch"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_platform_may_do_so if {
	subject := object.union(samples.deployment({"tolerations": [{"operator": "Exists"}], "priorityClassName": "system-node-critical"}), {"metadata": {"namespace": "kube-system"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
