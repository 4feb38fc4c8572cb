# METADATA
# title: Autoscalers shrink slowly
# description: |
#   Scaling down on the first quiet minute and up on the next loud one restarts replicas all day and
#   drops their connections.
# custom:
#   id: reliability/autoscaler-calm
#   severity: deny
#   kinds: [HorizontalPodAutoscaler]
#   remediation:
#     text: >-
#       Keep scaleDown.stabilizationWindowSeconds at 60 or more; 300 is the default.
#     good: |
#       spec: {behavior: {scaleDown: {stabilizationWindowSeconds: 300}}}
#     bad: |
#       spec: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}
#   controls: {}
package dharma.reliability.autoscaler_calm

shortest := 60

deny contains finding if {
	window := input.object.spec.behavior.scaleDown.stabilizationWindowSeconds
	window < shortest
	finding := {
		"message": sprintf("scales down after %v seconds of quiet", [window]),
		"path": "spec.behavior.scaleDown.stabilizationWindowSeconds",
	}
}
