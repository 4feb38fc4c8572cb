# METADATA
# title: Probes ask ports that the container has
# description: |
#   A probe of a port name that no port has always fails: the pod never becomes ready or is
#   restarted for ever.
# custom:
#   id: reliability/probe-port
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Name a port of the same container.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, ports: [{name: http, containerPort: 80}], livenessProbe: {httpGet: {port: http}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, ports: [{name: http, containerPort: 80}], livenessProbe: {httpGet: {port: web}}}]}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.probe_port

import data.dharma.lib.lists
import data.dharma.lib.pods

probes := ["livenessProbe", "readinessProbe", "startupProbe"]

deny contains finding if {
	some container in pods.main(input.object)
	some field in probes
	some transport in ["httpGet", "tcpSocket"]
	port := container.body[field][transport].port
	is_string(port)
	not port in {known.name | some known in lists.at(container.body, ["ports"])}
	finding := {
		"message": sprintf("container %s has no port named %s", [container.name, port]),
		"path": sprintf("%s.%s.%s.port", [container.path, field, transport]),
	}
}
