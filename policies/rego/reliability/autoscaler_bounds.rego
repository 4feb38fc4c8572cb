# METADATA
# title: Autoscalers have room and a floor
# description: |
#   A maximum below the minimum is refused by the API server; a floor of one in production means one
#   replica at night, and none during a drain.
# custom:
#   id: reliability/autoscaler-bounds
#   severity: deny
#   kinds: [HorizontalPodAutoscaler]
#   remediation:
#     text: >-
#       Set replicas.min to 2 or more and replicas.max above it.
#     good: |
#       spec: {minReplicas: 2, maxReplicas: 6}
#     bad: |
#       spec: {minReplicas: 1, maxReplicas: 6}
#   controls:
#     soc2: ["A1.1", "A1.2"]
package dharma.reliability.autoscaler_bounds

import data.dharma.lib.objects

fewest := 2

deny contains finding if {
	lowest > input.object.spec.maxReplicas
	finding := {
		"message": sprintf("has a maximum of %v below its minimum of %v", [input.object.spec.maxReplicas, lowest]),
		"path": "spec.maxReplicas",
	}
}

deny contains finding if {
	objects.production(input.target)
	lowest < fewest
	finding := {
		"message": sprintf("scales down to %v in production", [lowest]),
		"path": "spec.minReplicas",
	}
}

lowest := object.get(input.object, ["spec", "minReplicas"], 1)
