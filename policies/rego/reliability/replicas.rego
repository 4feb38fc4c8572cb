# METADATA
# title: Production runs at least two replicas
# description: |
#   A single replica is gone during every node upgrade. Where an autoscaler decides, replicas is
#   absent and its minimum counts.
# custom:
#   id: reliability/replicas
#   severity: deny
#   kinds: [Deployment, StatefulSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set replicas.min to 2 or more.
#     good: |
#       spec: {replicas: 2}
#     bad: |
#       spec: {replicas: 1}
#   controls:
#     soc2: ["A1.2"]
#     gdpr: ["32(1)(b)"]
package dharma.reliability.replicas

import data.dharma.lib.objects

fewest := 2

deny contains finding if {
	objects.production(input.target)
	input.object.spec.replicas < fewest
	finding := {
		"message": sprintf("runs %v replicas in production", [input.object.spec.replicas]),
		"path": "spec.replicas",
	}
}
