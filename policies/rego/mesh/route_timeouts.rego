# METADATA
# title: Routes say how long a call may take
# description: |
#   The mesh waits for ever by default, so one hanging service holds the connections of all its
#   callers. A route for streams says 0s, which shows that somebody meant it.
# custom:
#   id: mesh/route-timeouts
#   severity: deny
#   kinds: [networking.istio.io/VirtualService]
#   remediation:
#     text: Set timeout on every http route.
#     good: |
#       spec: {http: [{route: [{destination: {host: web}}], timeout: 5s}]}
#     bad: |
#       spec: {http: [{route: [{destination: {host: web}}]}]}
#   controls:
#     soc2: ["A1.2"]
package dharma.mesh.route_timeouts

import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some number, http in lists.at(input.object, ["spec", "http"])
	count(lists.at(http, ["route"])) > 0
	not _said(http)
	finding := {"message": "says no timeout", "path": sprintf("spec.http[%d].timeout", [number])}
}

_said(http) if mesh.milliseconds(http.timeout) >= 0
