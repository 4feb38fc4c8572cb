package dharma.network.world_egress_test

import data.dharma.network.world_egress

object_in(namespace, spec) := {"metadata": {"name": "x", "namespace": namespace}, "spec": spec}

found(namespace, spec) := findings if {
	findings := world_egress.deny with input as {"object": object_in(namespace, spec)}
}

out(block, ports) := {"egress": [{"to": [{"ipBlock": block}], "ports": ports}]}

metadata(address) := {
	"message": sprintf("reaches the cloud's metadata service at %s", [address]),
	"path": "spec.egress[0].to[0].ipBlock.except",
}

https := [{"port": 443}]

test_an_exception_and_ports_make_it_good if {
	found("shop", out({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "169.254.0.0/16"]}, https)) == set()
	found("shop", out({"cidr": "::/0", "except": ["fd00:ec2::254/128"]}, https)) == set()
	found("shop", out({"cidr": "10.0.0.0/8"}, https)) == set()
}

test_peers_that_are_no_blocks_are_not_looked_at if {
	found("shop", {"egress": [{"to": [{"podSelector": {}}]}]}) == set()
	found("shop", {}) == set()
}

test_the_metadata_service_must_be_excepted if {
	found("shop", out({"cidr": "0.0.0.0/0"}, https)) == {metadata("169.254.169.254")}
	found("shop", out({"cidr": "::/0", "except": ["fd00:ec2::/64"]}, https)) == set()
	found("shop", out({"cidr": "::/0"}, https)) == {metadata("fd00:ec2::254")}
	found("shop", out({"cidr": "128.0.0.0/1", "except": ["10.0.0.0/8"]}, https)) == {metadata("169.254.169.254")}
}

test_the_whole_world_is_reached_at_named_ports_only if {
	found("shop", out({"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}, [])) == {{
		"message": "reaches 0.0.0.0/0 at every port",
		"path": "spec.egress[0].to[0].ipBlock",
	}}
}

test_the_world_comes_in_at_a_gateway_only if {
	spec := {"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": https}]}
	found("istio-ingress", spec) == set()
	found("shop", spec) == {{"message": "lets 0.0.0.0/0 in", "path": "spec.ingress[0].from[0].ipBlock"}}
}
