package dharma.mesh.service_protocols_test

import data.dharma.mesh.service_protocols

found(ports) := findings if {
	findings := service_protocols.warn with input as {"object": {"spec": {"ports": ports}}}
}

test_a_protocol_by_field_or_name_passes if {
	found([{"name": "web", "appProtocol": "http"}, {"name": "grpc-web"}, {"name": "http"}]) == set()
	found([{"name": "dns", "protocol": "UDP"}]) == set()
	found([]) == set()
}

test_an_unknown_protocol_is_warned_of if {
	found([{"name": "http"}, {"name": "web"}, {"port": 80}, {"name": "httpd"}]) == {
		{"message": "does not say what it speaks", "path": "spec.ports[1].appProtocol"},
		{"message": "does not say what it speaks", "path": "spec.ports[2].appProtocol"},
		{"message": "does not say what it speaks", "path": "spec.ports[3].appProtocol"},
	}
}
