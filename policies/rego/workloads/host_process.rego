# METADATA
# title: Windows containers are no host processes
# description: |
#   A HostProcess container runs on the Windows node itself, with its file system, its network and
#   its accounts.
# custom:
#   id: workloads/host-process
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove hostProcess from windowsOptions.
#     good: |
#       spec: {template: {spec: {securityContext: {windowsOptions: {hostProcess: false}}}}}
#     bad: |
#       spec: {template: {spec: {securityContext: {windowsOptions: {hostProcess: true}}}}}
#   controls:
#     pss: ["baseline/hostprocess"]
#     cis: ["5.2.11"]
#     soc2: ["CC6.1"]
package dharma.workloads.host_process

import data.dharma.lib.pods

deny contains finding if {
	some context in pods.contexts(input.object)
	context.body.windowsOptions.hostProcess == true
	finding := {
		"message": sprintf("%s runs as a process of the node", [context.owner]),
		"path": sprintf("%s.windowsOptions.hostProcess", [context.path]),
	}
}
