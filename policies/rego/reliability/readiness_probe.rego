# METADATA
# title: Containers have a readiness probe
# description: |
#   Without one a replica gets requests from the moment its process starts until it is gone, and an
#   update goes on although no new replica answers.
# custom:
#   id: reliability/readiness-probe
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set readinessProbe; `health:` of a service does.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, readinessProbe: {httpGet: {path: /health, port: http}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app}]}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.readiness_probe

import data.dharma.lib.pods

deny contains finding if {
	some container in pods.main(input.object)
	not container.body.readinessProbe
	finding := {
		"message": sprintf("container %s is sent requests before it can answer", [container.name]),
		"path": sprintf("%s.readinessProbe", [container.path]),
	}
}
