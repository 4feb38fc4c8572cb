package dharma.mesh.route_timeouts_test

import data.dharma.mesh.route_timeouts

found(http) := findings if {
	findings := route_timeouts.deny with input as {"object": {"spec": {"http": http}}}
}

route := [{"destination": {"host": "web"}}]

test_a_timeout_passes if found([{"route": route, "timeout": "5s"}, {"route": route, "timeout": "0s"}]) == set()

test_redirects_need_none if found([{"redirect": {"uri": "/"}}]) == set()

test_a_missing_timeout_is_denied if {
	found([{"route": route, "timeout": "5s"}, {"route": route}]) == {{
		"message": "says no timeout",
		"path": "spec.http[1].timeout",
	}}
}

test_what_is_no_duration_is_no_timeout if {
	every timeout in ["soon", 5, null] {
		count(found([{"route": route, "timeout": timeout}])) == 1
	}
}
