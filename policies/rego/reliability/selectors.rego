# METADATA
# title: Selectors match the pods that they are about
# description: |
#   The API server refuses a workload that does not select its own pods, and a spread constraint
#   that counts other pods spreads nothing.
# custom:
#   id: reliability/selectors
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Take the labels of the pod template into every selector.
#     good: |
#       spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
#     bad: |
#       spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: api}}}}
#   controls: {}
package dharma.reliability.selectors

import data.dharma.lib.lists
import data.dharma.lib.objects
import data.dharma.lib.pods

labels := objects.at(pods.template(input.object), ["metadata", "labels"])

deny contains finding if {
	not selected
	finding := {"message": "does not select its own pods", "path": "spec.selector.matchLabels"}
}

deny contains finding if {
	some index, constraint in lists.at(pods.template(input.object), ["spec", "topologySpreadConstraints"])
	not own(constraint)
	finding := {
		"message": sprintf("spreads over %v by pods that are not its own", [constraint.topologyKey]),
		"path": sprintf("%s.topologySpreadConstraints[%v].labelSelector", [pods.path(input.object), index]),
	}
}

selected if objects.selects(object.get(input.object, ["spec", "selector", "matchLabels"], {}), labels)

own(constraint) if objects.selects(constraint.labelSelector.matchLabels, labels)
