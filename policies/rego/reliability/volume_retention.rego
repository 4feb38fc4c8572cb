# METADATA
# title: Data outlive their StatefulSet
# description: |
#   A StatefulSet that is deleted by mistake, or scaled down for a while, must not take its volumes
#   with it.
# custom:
#   id: reliability/volume-retention
#   severity: deny
#   kinds: [StatefulSet]
#   remediation:
#     text: >-
#       Set both policies to Retain.
#     good: |
#       spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}}
#     bad: |
#       spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}}
#   controls:
#     soc2: ["A1.2"]
#     gdpr: ["32(1)(b)"]
package dharma.reliability.volume_retention

import data.dharma.lib.lists
import data.dharma.lib.objects

deny contains finding if {
	count(lists.at(input.object, ["spec", "volumeClaimTemplates"])) > 0
	some event, policy in objects.at(input.object, ["spec", "persistentVolumeClaimRetentionPolicy"])
	policy == "Delete"
	finding := {
		"message": sprintf("loses its volumes %s", [events[event]]),
		"path": sprintf("spec.persistentVolumeClaimRetentionPolicy.%s", [event]),
	}
}

events := {"whenDeleted": "when it is deleted", "whenScaled": "when it is scaled down"}
