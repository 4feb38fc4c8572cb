package dharma.mesh.route_retries_test

import data.dharma.mesh.route_retries

found(timeout, retries) := findings if {
	findings := route_retries.deny with input as {"object": {"spec": {"http": [{
		"route": [{"destination": {"host": "web"}}],
		"timeout": timeout,
		"retries": retries,
	}]}}}
}

test_bounded_retries_pass if {
	found("5s", {"attempts": 5, "perTryTimeout": "2s"}) == set()
	found("2s", {"attempts": 1, "perTryTimeout": "2s"}) == set()
	found("0s", {"attempts": 1, "perTryTimeout": "2s"}) == set()
}

test_no_retries_pass if found("5s", {"attempts": 0}) == set()

test_retries_must_be_said if {
	missing := {{"message": "does not say how often a call is retried", "path": "spec.http[0].retries.attempts"}}
	found("5s", {}) == missing
	found("5s", {"attempts": "two"}) == missing
	found("5s", null) == missing
}

test_too_many_retries_are_denied if {
	found("9s", {"attempts": 6, "perTryTimeout": "1s"}) == {{
		"message": "retries a call 6 times, at most 5 are allowed",
		"path": "spec.http[0].retries.attempts",
	}}
}

test_a_try_must_be_bounded if {
	unbounded := {{"message": "does not bound a try", "path": "spec.http[0].retries.perTryTimeout"}}
	found("5s", {"attempts": 1}) == unbounded
	found("5s", {"attempts": 1, "perTryTimeout": "0s"}) == unbounded
}

test_a_try_ends_with_the_call if {
	found("1s", {"attempts": 1, "perTryTimeout": "1001ms"}) == {{
		"message": "lets a try last longer than the whole call",
		"path": "spec.http[0].retries.perTryTimeout",
	}}
}

test_redirects_are_not_retried if {
	redirect := {"object": {"spec": {"http": [{"redirect": {"uri": "/"}}]}}}
	found_alone := route_retries.deny with input as redirect
	found_alone == set()
}
