package dharma.workloads.host_ports_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.host_ports as rule

test_host_port_is_refused if {
	subject := samples.one({"ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app takes port 8081 of the node", "path": "spec.template.spec.containers[0].ports[1].hostPort"}}
}

test_no_and_zero_host_ports_pass if {
	subject := samples.one({"ports": [{"containerPort": 80, "hostPort": 0}, {"containerPort": 81}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_containers_without_ports_pass if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
