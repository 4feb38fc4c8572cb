# METADATA
# title: Autoscalers aim at a use that leaves room
# description: |
#   Aimed at more than 90 % a service is out of capacity before new replicas are ready; aimed at
#   less than 40 % most of what is paid for idles.
# custom:
#   id: reliability/autoscaler-target
#   severity: deny
#   kinds: [HorizontalPodAutoscaler]
#   remediation:
#     text: >-
#       Aim between 40 and 90 percent; replicas.cpu of a service says it.
#     good: |
#       spec: {metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]}
#     bad: |
#       spec: {metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 98}}}]}
#   controls:
#     soc2: ["A1.1"]
package dharma.reliability.autoscaler_target

import data.dharma.lib.lists

lowest := 40

highest := 90

deny contains finding if {
	some index, metric in lists.at(input.object, ["spec", "metrics"])
	some field in ["resource", "containerResource"]
	use := metric[field].target.averageUtilization
	outside(use)
	finding := {
		"message": sprintf("aims at %v%% of the requested %v", [use, metric[field].name]),
		"path": sprintf("spec.metrics[%v].%s.target.averageUtilization", [index, field]),
	}
}

outside(use) if use < lowest

outside(use) if use > highest
