package dharma.reliability.probe_port_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.probe_port as rule

test_unknown_name_is_refused if {
	subject := samples.one({"ports": [{"name": "http"}], "livenessProbe": {"httpGet": {"port": "web"}}, "readinessProbe": {"tcpSocket": {"port": "http"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app has no port named web", "path": "spec.template.spec.containers[0].livenessProbe.httpGet.port"}}
}

test_name_without_ports_is_refused if {
	subject := samples.one({"startupProbe": {"tcpSocket": {"port": "http"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app has no port named http", "path": "spec.template.spec.containers[0].startupProbe.tcpSocket.port"}}
}

test_numbers_pass if {
	subject := samples.one({"livenessProbe": {"httpGet": {"port": 8080}}, "readinessProbe": {"grpc": {"port": 9000}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
