package dharma.mesh.sidecar_scope_test

import data.dharma.mesh.sidecar_scope

found(spec) := findings if {
	findings := sidecar_scope.deny with input as {"object": {"spec": spec}}
}

closed := {"mode": "REGISTRY_ONLY"}

test_named_namespaces_pass if {
	found({"egress": [{"hosts": ["./*", "istio-system/*"]}], "outboundTrafficPolicy": closed}) == set()
}

test_every_namespace_is_denied if {
	found({"egress": [{"hosts": ["./*"]}, {"hosts": ["./*", "*/*"]}], "outboundTrafficPolicy": closed}) == {{
		"message": "imports */* from every namespace",
		"path": "spec.egress[1].hosts[1]",
	}}
	found({"egress": [{"hosts": ["*/db"]}, {"hosts": [7]}], "outboundTrafficPolicy": closed}) == {{
		"message": "imports */db from every namespace",
		"path": "spec.egress[0].hosts[0]",
	}}
}

test_without_hosts_everything_is_imported if {
	found({"outboundTrafficPolicy": closed}) == {{"message": "imports everything", "path": "spec.egress"}}
}

test_undeclared_hosts_are_denied if {
	open := {{"message": "reaches hosts that nobody declared", "path": "spec.outboundTrafficPolicy.mode"}}
	found({"egress": [{"hosts": ["./*"]}]}) == open
	found({"egress": [{"hosts": ["./*"]}], "outboundTrafficPolicy": {"mode": "ALLOW_ANY"}}) == open
}
