# METADATA
# title: Volume claims name their class, size and mode
# description: |
#   A claim without a class gets the cluster's default, which differs between providers; its class
#   and mode cannot be changed later.
# custom:
#   id: resources/volume-claims
#   severity: deny
#   kinds: [StatefulSet]
#   remediation:
#     text: >-
#       Set storageClassName, accessModes and resources.requests.storage.
#     good: |
#       spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}}]}
#     bad: |
#       spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 10Gi}}}}]}
#   controls:
#     soc2: ["A1.1"]
package dharma.resources.volume_claims

import data.dharma.lib.lists
import data.dharma.lib.pods
import data.dharma.lib.quantities

deny contains finding if {
	some index, claim in lists.at(input.object, ["spec", "volumeClaimTemplates"])
	some field, complaint in complaints(claim)
	finding := {
		"message": sprintf("claim %s %s", [pods.name(claim.metadata, index), complaint]),
		"path": sprintf("spec.volumeClaimTemplates[%v].spec.%s", [index, field]),
	}
}

complaints(claim) := object.union_n([class(claim), size(claim), mode(claim)])

class(claim) := {} if {
	is_string(claim.spec.storageClassName)
	claim.spec.storageClassName != ""
} else := {"storageClassName": "names no storage class"}

size(claim) := {} if {
	quantities.milli(claim.spec.resources.requests.storage) > 0
} else := {"resources.requests.storage": "asks for no storage"}

mode(claim) := {} if {
	count(lists.at(claim, ["spec", "accessModes"])) > 0
} else := {"accessModes": "has no access mode"}
