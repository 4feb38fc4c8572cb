# METADATA
# title: Gateways serve hosts of the target's domain
# description: |
#   A gateway for the host * answers for any name that points at it, also one that an attacker
#   registered, and lets any VirtualService claim it.
# custom:
#   id: mesh/gateway-hosts
#   severity: deny
#   kinds: [networking.istio.io/Gateway]
#   remediation:
#     text: List hosts under the target's domain.
#     good: |
#       spec: {servers: [{hosts: ['*.platform.example']}]}
#     bad: |
#       spec: {servers: [{hosts: ['*']}]}
#   controls:
#     soc2: ["CC6.6"]
package dharma.mesh.gateway_hosts

import data.dharma.lib.lists

deny contains finding if {
	some entry in _hosts
	entry.host == "*"
	finding := {"message": "serves every host", "path": entry.path}
}

deny contains finding if {
	some entry in _hosts
	entry.host != "*"
	domain := input.target.domain
	entry.host != domain
	not endswith(entry.host, sprintf(".%s", [domain]))
	finding := {
		"message": sprintf("serves %s, which is outside the domain %s", [entry.host, domain]),
		"path": entry.path,
	}
}

_hosts := [{"host": host, "path": path} |
	some number, server in lists.at(input.object, ["spec", "servers"])
	some position, text in lists.at(server, ["hosts"])
	is_string(text)
	parts := split(text, "/")
	host := parts[count(parts) - 1]
	path := sprintf("spec.servers[%d].hosts[%d]", [number, position])
]
