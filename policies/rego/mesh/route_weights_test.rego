package dharma.mesh.route_weights_test

import data.dharma.mesh.route_weights

found(kind, weights) := findings if {
	findings := route_weights.deny with input as {"object": {"spec": {kind: [{
		"name": "x",
		"route": [{"destination": {"host": "web"}, "weight": weight} | some weight in weights],
	}]}}}
}

test_weights_of_100_pass if {
	every kind in ["http", "tcp", "tls"] { found(kind, [90, 10]) == set() }
	found("http", [100, 0]) == set()
	found("http", [100]) == set()
}

test_one_destination_needs_no_weight if {
	found_alone := route_weights.deny with input as {"object": {"spec": {"http": [{"route": [{"destination": {}}]}]}}}
	found_alone == set()
}

test_other_sums_are_denied if {
	found("tcp", [90, 20]) == {{"message": "shares out 110 percent of the calls", "path": "spec.tcp[0].route"}}
	found("http", [50]) == {{"message": "shares out 50 percent of the calls", "path": "spec.http[0].route"}}
	found("http", ["all", 20]) == {{"message": "shares out 20 percent of the calls", "path": "spec.http[0].route"}}
}

test_several_destinations_without_weights_are_denied if {
	destinations := [{"destination": {"host": "a"}}, {"destination": {"host": "b"}}]
	found_alone := route_weights.deny with input as {"object": {"spec": {"http": [{"route": destinations}]}}}
	found_alone == {{"message": "shares out 0 percent of the calls", "path": "spec.http[0].route"}}
}
