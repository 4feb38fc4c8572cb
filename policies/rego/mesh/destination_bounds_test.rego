package dharma.mesh.destination_bounds_test

import data.dharma.mesh.destination_bounds

found(policy) := findings if {
	findings := destination_bounds.deny with input as {"object": {"spec": {"trafficPolicy": policy}}}
}

pool := {"tcp": {"maxConnections": 10}, "http": {"http1MaxPendingRequests": 5}}

test_bounds_and_outlier_detection_pass if {
	found({"connectionPool": pool, "outlierDetection": {"maxEjectionPercent": 50}}) == set()
}

test_outlier_detection_must_be_there if {
	found({"connectionPool": pool}) == {{
		"message": "leaves no failing replica out",
		"path": "spec.trafficPolicy.outlierDetection",
	}}
}

test_outlier_detection_keeps_some_replicas if {
	found({"connectionPool": pool, "outlierDetection": {"maxEjectionPercent": 100}}) == {{
		"message": "may leave out every replica at once",
		"path": "spec.trafficPolicy.outlierDetection.maxEjectionPercent",
	}}
}

test_each_bound_must_be_there if {
	connections := {
		"message": "does not bound maxConnections",
		"path": "spec.trafficPolicy.connectionPool.tcp.maxConnections",
	}
	pending := {
		"message": "does not bound http1MaxPendingRequests",
		"path": "spec.trafficPolicy.connectionPool.http.http1MaxPendingRequests",
	}
	found({"outlierDetection": {}}) == {connections, pending}
	found({"outlierDetection": {}, "connectionPool": {"tcp": {"maxConnections": 1}}}) == {pending}
	found({"outlierDetection": {}, "connectionPool": {"tcp": {"maxConnections": "many"}}}) == {connections, pending}
}

test_a_rule_without_policy_has_every_finding if {
	found_alone := destination_bounds.deny with input as {"object": {"spec": {}}}
	count(found_alone) == 3
}
