# METADATA
# title: Services say what their ports speak
# description: |
#   The mesh guesses the protocol of a port that says none; a wrong guess loses retries, metrics
#   and authorization by request, and a server that speaks first hangs.
# custom:
#   id: mesh/service-protocols
#   severity: warn
#   kinds: [Service]
#   remediation:
#     text: Set appProtocol, or begin the port's name with its protocol.
#     good: |
#       spec: {ports: [{name: web, port: 8080, appProtocol: http}]}
#     bad: |
#       spec: {ports: [{name: web, port: 8080}]}
#   controls: {}
package dharma.mesh.service_protocols

import data.dharma.lib.lists

warn contains finding if {
	some number, port in lists.at(input.object, ["spec", "ports"])
	not _said(port)
	finding := {"message": "does not say what it speaks", "path": sprintf("spec.ports[%d].appProtocol", [number])}
}

_said(port) if is_string(port.appProtocol)

_said(port) if {
	is_string(port.name)
	split(port.name, "-")[0] in {"http", "http2", "https", "grpc", "tcp", "tls", "mongo", "mysql", "redis"}
}

_said(port) if port.protocol == "UDP"
