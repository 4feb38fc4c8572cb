# METADATA
# title: Callers hold back and leave out failing replicas
# description: |
#   Without bounds on connections a slow service exhausts its callers, and without outlier
#   detection a failing replica keeps its share of the requests.
# custom:
#   id: mesh/destination-bounds
#   severity: deny
#   kinds: [networking.istio.io/DestinationRule]
#   remediation:
#     text: Set connectionPool.tcp.maxConnections, connectionPool.http.http1MaxPendingRequests and
#       outlierDetection, with a maxEjectionPercent below 100.
#     good: |
#       spec: {trafficPolicy: {outlierDetection: {maxEjectionPercent: 50}, connectionPool: {tcp: {maxConnections: 100}, http: {http1MaxPendingRequests: 50}}}}
#     bad: |
#       spec: {trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}
#   controls:
#     soc2: ["A1.2"]
#     gdpr: ["32(1)(b)"]
package dharma.mesh.destination_bounds

deny contains {"message": "leaves no failing replica out", "path": "spec.trafficPolicy.outlierDetection"} if {
	not _ejects
}

deny contains finding if {
	input.object.spec.trafficPolicy.outlierDetection.maxEjectionPercent == 100
	finding := {
		"message": "may leave out every replica at once",
		"path": "spec.trafficPolicy.outlierDetection.maxEjectionPercent",
	}
}

deny contains finding if {
	some path in [["tcp", "maxConnections"], ["http", "http1MaxPendingRequests"]]
	not _positive(path)
	finding := {
		"message": sprintf("does not bound %s", [path[1]]),
		"path": concat(".", array.concat(["spec.trafficPolicy.connectionPool"], path)),
	}
}

_ejects if is_object(input.object.spec.trafficPolicy.outlierDetection)

_positive(path) if {
	bound := object.get(input.object, array.concat(["spec", "trafficPolicy", "connectionPool"], path), 0)
	is_number(bound)
	bound > 0
}
