package dharma.mesh.gateway_tls_test

import data.dharma.mesh.gateway_tls

found(servers) := findings if {
	findings := gateway_tls.deny with input as {"object": {"spec": {"servers": servers}}}
}

https(tls) := {"port": {"protocol": "HTTPS"}, "tls": tls}

good := {"mode": "SIMPLE", "minProtocolVersion": "TLSV1_2", "credentialName": "web-tls"}

test_tls_and_redirects_pass if {
	found([https(good), {"port": {"protocol": "HTTP"}, "tls": {"httpsRedirect": true}}]) == set()
	found([https({"mode": "ISTIO_MUTUAL", "minProtocolVersion": "TLSV1_3"})]) == set()
	found([]) == set()
}

test_plain_text_is_denied if {
	found([https(good), {"port": {"protocol": "HTTP"}}]) == {{
		"message": "serves plain text",
		"path": "spec.servers[1].tls",
	}}
	found([{"port": {"protocol": "TCP"}, "tls": {"httpsRedirect": false}}]) == {{
		"message": "serves plain text",
		"path": "spec.servers[0].tls",
	}}
}

test_tls_ends_at_the_gateway if {
	passed_on := {{"message": "does not end TLS at the gateway", "path": "spec.servers[0].tls.mode"}}
	found([https({"mode": "PASSTHROUGH"})]) == passed_on
	found([{"port": {"protocol": "TLS"}}]) == passed_on
}

test_old_protocols_are_denied if {
	every version in ["TLSV1_0", "TLSV1_1", "TLS_AUTO"] {
		found([https(object.union(good, {"minProtocolVersion": version}))]) == {{
			"message": "does not demand TLS 1.2",
			"path": "spec.servers[0].tls.minProtocolVersion",
		}}
	}
	count(found([https(object.remove(good, ["minProtocolVersion"]))])) == 1
}

test_a_certificate_must_be_named if {
	missing := {{"message": "names no certificate", "path": "spec.servers[0].tls.credentialName"}}
	found([https(object.remove(good, ["credentialName"]))]) == missing
	found([https(object.union(good, {"credentialName": ""}))]) == missing
}
