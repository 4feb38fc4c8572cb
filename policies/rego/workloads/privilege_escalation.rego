# METADATA
# title: Containers cannot gain privileges
# description: |
#   Unless allowPrivilegeEscalation is false, a set-uid program in the image turns any user of the
#   container into root.
# custom:
#   id: workloads/privilege-escalation
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set allowPrivilegeEscalation to false on every container.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {allowPrivilegeEscalation: false}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {}}]}}}
#   controls:
#     pss: ["restricted/privilege-escalation"]
#     cis: ["5.2.6"]
#     nsa: ["pod-security-enforcement"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.workloads.privilege_escalation

import data.dharma.lib.pods

deny contains finding if {
	not pods.windows(input.object)
	some container in pods.containers(input.object)
	not contained(container)
	finding := {
		"message": sprintf("container %s may gain privileges", [container.name]),
		"path": sprintf("%s.securityContext.allowPrivilegeEscalation", [container.path]),
	}
}

contained(container) if container.body.securityContext.allowPrivilegeEscalation == false
