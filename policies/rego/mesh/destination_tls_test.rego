package dharma.mesh.destination_tls_test

import data.dharma.mesh.destination_tls

found(spec) := findings if {
	findings := destination_tls.deny with input as {"object": {"spec": spec}}
}

host := "web.shop.svc.cluster.local"

test_mutual_tls_of_the_mesh_passes if {
	found({"host": host, "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}) == set()
	found({"host": host, "trafficPolicy": {"loadBalancer": {}}}) == set()
	found({"host": host}) == set()
}

test_plain_text_is_denied_wherever_it_is_said if {
	off := {"tls": {"mode": "DISABLE"}}
	found({"host": "api.example", "trafficPolicy": off}) == {{
		"message": "sends plain text",
		"path": "spec.trafficPolicy.tls.mode",
	}}
	found({"host": host, "trafficPolicy": {"portLevelSettings": [{}, off]}}) == {{
		"message": "sends plain text",
		"path": "spec.trafficPolicy.portLevelSettings[1].tls.mode",
	}}
	found({"host": host, "subsets": [{"name": "v1", "trafficPolicy": off}]}) == {{
		"message": "sends plain text",
		"path": "spec.subsets[0].trafficPolicy.tls.mode",
	}}
	found({"host": host, "subsets": [{"name": "v1", "trafficPolicy": {"portLevelSettings": [off]}}]}) == {{
		"message": "sends plain text",
		"path": "spec.subsets[0].trafficPolicy.portLevelSettings[0].tls.mode",
	}}
}

test_other_tls_hides_who_calls_inside_the_mesh if {
	policy := {"tls": {"mode": "SIMPLE"}}
	found({"host": host, "trafficPolicy": policy}) == {{
		"message": "calls a service of the mesh without its identity by mode SIMPLE",
		"path": "spec.trafficPolicy.tls.mode",
	}}
	found({"host": "api.example", "trafficPolicy": policy}) == set()
}

test_certificates_must_be_verified if {
	found({"host": "api.example", "trafficPolicy": {"tls": {"mode": "SIMPLE", "insecureSkipVerify": true}}}) == {{
		"message": "does not verify certificates",
		"path": "spec.trafficPolicy.tls.insecureSkipVerify",
	}}
}
