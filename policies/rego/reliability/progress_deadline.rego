# METADATA
# title: Updates have time to start
# description: |
#   A deadline shorter than a replica may take to start marks every update as failed, and a
#   progressive rollout is undone.
# custom:
#   id: reliability/progress-deadline
#   severity: deny
#   kinds: [Deployment, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Raise progressDeadlineSeconds above the startup probe's patience and minReadySeconds.
#     good: |
#       spec: {progressDeadlineSeconds: 600, template: {spec: {containers: [{name: app, startupProbe: {periodSeconds: 5, failureThreshold: 12}}]}}}
#     bad: |
#       spec: {progressDeadlineSeconds: 60, template: {spec: {containers: [{name: app, startupProbe: {periodSeconds: 5, failureThreshold: 12}}]}}}
#   controls:
#     soc2: ["CC8.1"]
package dharma.reliability.progress_deadline

import data.dharma.lib.pods

deny contains finding if {
	some container in pods.main(input.object)
	needed := starts(container.body.startupProbe) + seconds(input.object.spec, "minReadySeconds", 0)
	deadline := seconds(input.object.spec, "progressDeadlineSeconds", 600)
	needed >= deadline
	finding := {
		"message": sprintf("gives up after %v seconds although container %s may take %v", [deadline, container.name, needed]),
		"path": "spec.progressDeadlineSeconds",
	}
}

starts(probe) := seconds(probe, "periodSeconds", 10) * seconds(probe, "failureThreshold", 3)

seconds(holder, field, usual) := value if {
	is_object(holder)
	value := object.get(holder, field, usual)
	is_number(value)
}
