# METADATA
# title: Gateways speak TLS 1.2 or newer with a certificate by name
# description: |
#   Plain HTTP may only redirect. TLS below 1.2 has known attacks (RFC 8996), and a server
#   without credentialName serves nothing or a file from the proxy's disk.
# custom:
#   id: mesh/gateway-tls
#   severity: deny
#   kinds: [networking.istio.io/Gateway]
#   remediation:
#     text: Set httpsRedirect on plain servers; minProtocolVersion TLSV1_2 or TLSV1_3 and credentialName
#       on the others.
#     good: |
#       spec: {servers: [{port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE, minProtocolVersion: TLSV1_2, credentialName: web-tls}}]}
#     bad: |
#       spec: {servers: [{port: {number: 80, protocol: HTTP}}]}
#   controls:
#     soc2: ["CC6.7"]
#     gdpr: ["32(1)(a)"]
package dharma.mesh.gateway_tls

import data.dharma.lib.lists

deny contains finding if {
	some number, server in _servers
	server.port.protocol in {"HTTP", "HTTP2", "GRPC", "TCP", "MONGO"}
	not server.tls.httpsRedirect == true
	finding := {"message": "serves plain text", "path": sprintf("spec.servers[%d].tls", [number])}
}

deny contains finding if {
	some number, server in _servers
	server.port.protocol in {"HTTPS", "TLS"}
	not _ended(server)
	finding := {
		"message": "does not end TLS at the gateway",
		"path": sprintf("spec.servers[%d].tls.mode", [number]),
	}
}

deny contains finding if {
	some number, server in _servers
	server.tls.mode in _verified
	not _modern(server)
	finding := {
		"message": "does not demand TLS 1.2",
		"path": sprintf("spec.servers[%d].tls.minProtocolVersion", [number]),
	}
}

deny contains finding if {
	some number, server in _servers
	server.tls.mode in (_verified - {"ISTIO_MUTUAL"})
	object.get(server, ["tls", "credentialName"], "") == ""
	finding := {
		"message": "names no certificate",
		"path": sprintf("spec.servers[%d].tls.credentialName", [number]),
	}
}

_servers := lists.at(input.object, ["spec", "servers"])

_ended(server) if server.tls.mode in _verified

_modern(server) if server.tls.minProtocolVersion in {"TLSV1_2", "TLSV1_3"}

_verified := {"SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL", "ISTIO_MUTUAL"}
