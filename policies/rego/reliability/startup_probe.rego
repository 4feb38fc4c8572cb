# METADATA
# title: A slow start is not taken for a hang
# description: |
#   Without a startup probe or a delay the liveness probe runs from the first second and restarts a
#   container that only needs longer today, again and again.
# custom:
#   id: reliability/startup-probe
#   severity: warn
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set a startupProbe that allows for the slowest start.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, livenessProbe: {periodSeconds: 10}, startupProbe: {failureThreshold: 30}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, livenessProbe: {periodSeconds: 10}}]}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.startup_probe

import data.dharma.lib.pods

warn contains finding if {
	some container in pods.main(input.object)
	probe := container.body.livenessProbe
	not container.body.startupProbe
	not delayed(probe)
	finding := {
		"message": sprintf("container %s is asked whether it lives from its first second", [container.name]),
		"path": sprintf("%s.startupProbe", [container.path]),
	}
}

delayed(probe) if probe.initialDelaySeconds > 0
