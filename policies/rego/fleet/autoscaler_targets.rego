# METADATA
# title: Autoscalers scale something that exists
# description: |
#   An autoscaler of a missing workload scales nothing; the workload keeps the replicas of its
#   last day.
# custom:
#   id: fleet/autoscaler-targets
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Let scaleTargetRef name the workload's kind and name.
#     good: |
#       spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
#     bad: |
#       spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}}
#   controls:
#     soc2: ["A1.1"]
package dharma.fleet.autoscaler_targets

import data.dharma.lib.fleet

deny contains finding if {
	some target in data.fleet.targets
	some key, scaler in fleet.of_kind(target, "autoscaling/HorizontalPodAutoscaler")
	reference := scaler.spec.scaleTargetRef
	group := split(reference.apiVersion, "/")[0]
	kind := sprintf("%s/%s", [group, reference.kind])
	not fleet.within(target, kind, split(key, "/")[0])[reference.name]
	message := sprintf("scales %s %s, which is not there", [reference.kind, reference.name])
	subject := sprintf("autoscaling/HorizontalPodAutoscaler/%s", [key])
	finding := fleet.finding(target, subject, "spec.scaleTargetRef", message)
}
