# METADATA
# title: Updates keep serving
# description: |
#   Recreate and a maximum of 100 % unavailable stop a service for every update; OnDelete leaves the
#   old version running until somebody deletes its pods.
# custom:
#   id: reliability/update-strategy
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Use RollingUpdate with maxUnavailable 0 and maxSurge above 0.
#     good: |
#       spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}}
#     bad: |
#       spec: {strategy: {type: Recreate}}
#   controls:
#     soc2: ["CC8.1", "A1.2"]
package dharma.reliability.update_strategy

import data.dharma.lib.quantities

deny contains finding if {
	some field in ["strategy", "updateStrategy"]
	type := input.object.spec[field].type
	type in {"Recreate", "OnDelete"}
	finding := {
		"message": sprintf("is updated by %s", [type]),
		"path": sprintf("spec.%s.type", [field]),
	}
}

deny contains finding if {
	some place, step in steps
	quantities.percent(step.maxUnavailable) == 100
	finding := {
		"message": "may lose all replicas during an update",
		"path": sprintf("spec.%s.maxUnavailable", [place]),
	}
}

deny contains finding if {
	some place, step in steps
	none(step.maxUnavailable)
	none(step.maxSurge)
	finding := {
		"message": "can neither add nor remove a replica during an update",
		"path": sprintf("spec.%s", [place]),
	}
}

steps["strategy.rollingUpdate"] := input.object.spec.strategy.rollingUpdate

steps["strategy.canary"] := input.object.spec.strategy.canary

steps["updateStrategy.rollingUpdate"] := input.object.spec.updateStrategy.rollingUpdate

none(amount) if amount == 0

none(amount) if quantities.percent(amount) == 0
