# METADATA
# title: Pods keep out of the node's namespaces
# description: |
#   A pod in the node's network passes every network policy and sees its traffic; in its process or
#   IPC namespace it reads other pods' memory and environment.
# custom:
#   id: workloads/host-namespaces
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove hostNetwork, hostPID and hostIPC; publish a port through a Service instead.
#     good: |
#       spec: {template: {spec: {hostNetwork: false}}}
#     bad: |
#       spec: {template: {spec: {hostNetwork: true}}}
#   controls:
#     pss: ["baseline/host-namespaces"]
#     cis: ["5.2.3", "5.2.4", "5.2.5"]
#     nsa: ["pod-security-enforcement"]
#     soc2: ["CC6.1", "CC6.6"]
package dharma.workloads.host_namespaces

import data.dharma.lib.pods

namespaces := ["hostNetwork", "hostPID", "hostIPC"]

deny contains finding if {
	some namespace in namespaces
	pods.template(input.object).spec[namespace] == true
	finding := {
		"message": sprintf("shares a namespace of the node: %s", [namespace]),
		"path": sprintf("%s.%s", [pods.path(input.object), namespace]),
	}
}
