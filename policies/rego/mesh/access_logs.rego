# METADATA
# title: The mesh logs its calls
# description: |
#   Without access logs nobody can tell afterwards who called what. A filter may leave out calls
#   that went well.
# custom:
#   id: mesh/access-logs
#   severity: deny
#   kinds: [telemetry.istio.io/Telemetry]
#   remediation:
#     text: List a provider under accessLogging, and do not disable it.
#     good: |
#       spec: {accessLogging: [{providers: [{name: envoy}]}]}
#     bad: |
#       spec: {accessLogging: [{disabled: true}]}
#   controls:
#     soc2: ["CC7.2"]
#     nsa: ["logging"]
package dharma.mesh.access_logs

import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	some number, entry in _logging
	entry.disabled == true
	finding := {"message": "switches access logs off", "path": sprintf("spec.accessLogging[%d].disabled", [number])}
}

deny contains {"message": "names nobody who logs calls", "path": "spec.accessLogging"} if {
	input.object.metadata.namespace == mesh.root_namespace
	not input.object.spec.selector
	count([provider | some entry in _logging; some provider in lists.at(entry, ["providers"])]) == 0
}

_logging := lists.at(input.object, ["spec", "accessLogging"])
