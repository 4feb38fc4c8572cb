# METADATA
# title: Hosts outside the mesh are named and known to one namespace
# description: |
#   A wildcard without resolution lets a workload reach whatever a name resolves to, and a
#   ServiceEntry that is exported opens the host to every tenant.
# custom:
#   id: mesh/service-entry-scope
#   severity: deny
#   kinds: [networking.istio.io/ServiceEntry]
#   remediation:
#     text: Name hosts in full with resolution DNS, and set exportTo to the own namespace.
#     good: |
#       spec: {hosts: [api.example], resolution: DNS, exportTo: ['.']}
#     bad: |
#       spec: {hosts: ['*.example'], resolution: NONE}
#   controls:
#     soc2: ["CC6.6"]
#     gdpr: ["32(1)(b)"]
package dharma.mesh.service_entry_scope

import data.dharma.lib.lists

deny contains finding if {
	object.get(input.object, ["spec", "resolution"], "NONE") == "NONE"
	some number, host in lists.at(input.object, ["spec", "hosts"])
	is_string(host)
	startswith(host, "*")
	finding := {
		"message": sprintf("lets callers reach whatever %s resolves to", [host]),
		"path": sprintf("spec.hosts[%d]", [number]),
	}
}

deny contains {"message": "opens its hosts to other namespaces", "path": "spec.exportTo"} if {
	lists.at(input.object, ["spec", "exportTo"]) != ["."]
}
