# METADATA
# title: A seccomp profile filters system calls
# description: |
#   Without a profile a container may make every system call of the node's kernel, most of whose
#   exploits need a rare one.
# custom:
#   id: workloads/seccomp
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set seccompProfile.type to RuntimeDefault on the pod.
#     good: |
#       spec: {template: {spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}}}}
#     bad: |
#       spec: {template: {spec: {securityContext: {}}}}
#   controls:
#     pss: ["restricted/seccomp"]
#     cis: ["5.7.2"]
#     nsa: ["hardening-container-environments"]
#     soc2: ["CC6.1"]
package dharma.workloads.seccomp

import data.dharma.lib.pods

allowed := {"RuntimeDefault", "Localhost"}

deny contains finding if {
	not pods.windows(input.object)
	some container in pods.containers(input.object)
	not filtered(container)
	finding := {
		"message": sprintf("container %s has no seccomp profile", [container.name]),
		"path": sprintf("%s.securityContext.seccompProfile.type", [container.path]),
	}
}

filtered(container) if pods.setting(container, input.object, "seccompProfile").type in allowed
