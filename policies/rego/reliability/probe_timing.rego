# METADATA
# title: Probes are patient in the right order
# description: |
#   A container that is restarted before it is taken out of service turns a slow answer into an
#   outage; a probe that may last longer than its period overlaps itself.
# custom:
#   id: reliability/probe-timing
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Let liveness fail later than readiness and keep timeoutSeconds within periodSeconds.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, livenessProbe: {periodSeconds: 10}, readinessProbe: {periodSeconds: 5}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, livenessProbe: {periodSeconds: 5}, readinessProbe: {periodSeconds: 10}}]}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.probe_timing

import data.dharma.lib.pods

probes := ["livenessProbe", "readinessProbe", "startupProbe"]

deny contains finding if {
	some container in pods.main(input.object)
	patience(container.body.livenessProbe) < patience(container.body.readinessProbe)
	finding := {
		"message": sprintf("container %s is restarted before it is taken out of service", [container.name]),
		"path": sprintf("%s.livenessProbe", [container.path]),
	}
}

deny contains finding if {
	some container in pods.main(input.object)
	some field in probes
	probe := container.body[field]
	seconds(probe, "timeoutSeconds", 1) > seconds(probe, "periodSeconds", 10)
	finding := {
		"message": sprintf("container %s has a probe that may outlast its period", [container.name]),
		"path": sprintf("%s.%s.timeoutSeconds", [container.path, field]),
	}
}

patience(probe) := seconds(probe, "periodSeconds", 10) * seconds(probe, "failureThreshold", 3)

seconds(probe, field, usual) := value if {
	is_object(probe)
	value := object.get(probe, field, usual)
	is_number(value)
}
