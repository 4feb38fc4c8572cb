package dharma.mesh.gateway_hosts_test

import data.dharma.mesh.gateway_hosts

found(hosts) := findings if {
	findings := gateway_hosts.deny with input as {
		"object": {"spec": {"servers": [{"hosts": hosts}]}},
		"target": {"domain": "platform.example"},
	}
}

test_hosts_of_the_domain_pass if found(["*.platform.example", "platform.example", "shop/a.platform.example"]) == set()

test_every_host_is_denied if {
	found(["*"]) == {{"message": "serves every host", "path": "spec.servers[0].hosts[0]"}}
	found(["*.platform.example", "*/*"]) == {{"message": "serves every host", "path": "spec.servers[0].hosts[1]"}}
}

test_hosts_of_other_domains_are_denied if {
	found(["shop.example", 7]) == {{
		"message": "serves shop.example, which is outside the domain platform.example",
		"path": "spec.servers[0].hosts[0]",
	}}
	count(found(["evilplatform.example"])) == 1
}

test_without_a_target_only_the_wildcard_is_judged if {
	found_alone := gateway_hosts.deny with input as {"object": {"spec": {"servers": [{"hosts": ["*", "a.example"]}]}}}
	found_alone == {{"message": "serves every host", "path": "spec.servers[0].hosts[0]"}}
}
