# METADATA
# title: Containers drop all capabilities
# description: |
#   The runtime's default set lets a container send raw packets and change owners; a service needs
#   none of it.
# custom:
#   id: workloads/drop-capabilities
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set capabilities.drop to [ALL] on every container.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {capabilities: {drop: [ALL]}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {}}]}}}
#   controls:
#     pss: ["restricted/capabilities"]
#     cis: ["5.2.8", "5.2.10"]
#     nsa: ["pod-security-enforcement"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.workloads.drop_capabilities

import data.dharma.lib.pods

deny contains finding if {
	not pods.windows(input.object)
	some container in pods.containers(input.object)
	not drops_all(container)
	finding := {
		"message": sprintf("container %s keeps the runtime's default capabilities", [container.name]),
		"path": sprintf("%s.securityContext.capabilities.drop", [container.path]),
	}
}

drops_all(container) if "ALL" in container.body.securityContext.capabilities.drop
