# METADATA
# title: The process file system stays masked
# description: |
#   An unmasked /proc shows and changes settings of the node's kernel.
# custom:
#   id: workloads/proc-mount
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove procMount.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {procMount: Default}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {procMount: Unmasked}}]}}}
#   controls:
#     pss: ["baseline/proc-mount-type"]
#     soc2: ["CC6.1"]
package dharma.workloads.proc_mount

import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	mount := container.body.securityContext.procMount
	mount != "Default"
	finding := {
		"message": sprintf("container %s mounts /proc as %v", [container.name, mount]),
		"path": sprintf("%s.securityContext.procMount", [container.path]),
	}
}
