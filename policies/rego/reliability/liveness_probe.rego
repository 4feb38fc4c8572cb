# METADATA
# title: Containers have a liveness probe
# description: |
#   A process that hangs without ending stays until somebody notices; the kubelet restarts it only
#   when a probe fails.
# custom:
#   id: reliability/liveness-probe
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set livenessProbe; `health:` of a service does.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, livenessProbe: {httpGet: {path: /health, port: http}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app}]}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.liveness_probe

import data.dharma.lib.pods

deny contains finding if {
	some container in pods.main(input.object)
	not container.body.livenessProbe
	finding := {
		"message": sprintf("container %s is not restarted when it hangs", [container.name]),
		"path": sprintf("%s.livenessProbe", [container.path]),
	}
}
