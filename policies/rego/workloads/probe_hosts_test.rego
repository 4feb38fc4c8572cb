package dharma.workloads.probe_hosts_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.probe_hosts as rule

test_host_of_a_probe_is_refused if {
	subject := samples.one({"livenessProbe": {"httpGet": {"host": "10.0.0.1"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app lets the kubelet ask the host 10.0.0.1", "path": "spec.template.spec.containers[0].livenessProbe.httpGet.host"}}
}

test_host_of_a_hook_is_refused if {
	subject := samples.one({"lifecycle": {"preStop": {"tcpSocket": {"host": "db"}}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app lets the kubelet ask the host db", "path": "spec.template.spec.containers[0].lifecycle.preStop.tcpSocket.host"}}
}

test_probes_and_hooks_of_the_pod_pass if {
	subject := samples.one({"readinessProbe": {"httpGet": {"port": 80, "host": ""}}, "startupProbe": {"grpc": {"port": 80}}, "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_containers_without_probes_pass if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
