# METADATA
# title: Retries are said and bounded
# description: |
#   The mesh retries twice by itself; retries at every layer multiply and turn a slow service
#   into a dead one. A try that may last longer than the whole call is never repeated.
# custom:
#   id: mesh/route-retries
#   severity: deny
#   kinds: [networking.istio.io/VirtualService]
#   remediation:
#     text: Set retries.attempts to at most 5, with perTryTimeout at most the timeout; 0 attempts where
#       a call must not be repeated.
#     good: |
#       spec: {http: [{route: [{destination: {host: web}}], timeout: 5s, retries: {attempts: 2, perTryTimeout: 2s}}]}
#     bad: |
#       spec: {http: [{route: [{destination: {host: web}}], timeout: 5s, retries: {attempts: 10}}]}
#   controls:
#     soc2: ["A1.2"]
package dharma.mesh.route_retries

import data.dharma.lib.lists
import data.dharma.lib.mesh

most_attempts := 5

deny contains finding if {
	some route in _routes
	not _said(route.http)
	finding := {"message": "does not say how often a call is retried", "path": sprintf("%s.attempts", [route.path])}
}

deny contains finding if {
	some route in _routes
	attempts := route.http.retries.attempts
	is_number(attempts)
	attempts > most_attempts
	finding := {
		"message": sprintf("retries a call %d times, at most %d are allowed", [attempts, most_attempts]),
		"path": sprintf("%s.attempts", [route.path]),
	}
}

deny contains finding if {
	some route in _routes
	is_number(route.http.retries.attempts)
	route.http.retries.attempts > 0
	not _bounded(route.http)
	finding := {"message": "does not bound a try", "path": sprintf("%s.perTryTimeout", [route.path])}
}

deny contains finding if {
	some route in _routes
	timeout := mesh.milliseconds(route.http.timeout)
	timeout > 0
	mesh.milliseconds(route.http.retries.perTryTimeout) > timeout
	finding := {
		"message": "lets a try last longer than the whole call",
		"path": sprintf("%s.perTryTimeout", [route.path]),
	}
}

_said(http) if is_number(http.retries.attempts)

_bounded(http) if mesh.milliseconds(http.retries.perTryTimeout) > 0

_routes := [{"http": http, "path": sprintf("spec.http[%d].retries", [number])} |
	some number, http in lists.at(input.object, ["spec", "http"])
	count(lists.at(http, ["route"])) > 0
]
