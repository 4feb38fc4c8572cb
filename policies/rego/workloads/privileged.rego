# METADATA
# title: Containers are not privileged
# description: |
#   A privileged container has every capability and every device of its node; who breaks out of it
#   owns the node and all pods on it.
# custom:
#   id: workloads/privileged
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove privileged, or give the one capability that is needed to a workload of the platform
#       under a waiver.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {privileged: false}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {privileged: true}}]}}}
#   controls:
#     pss: ["baseline/privileged-containers"]
#     cis: ["5.2.2"]
#     nsa: ["pod-security-enforcement"]
#     soc2: ["CC6.1"]
package dharma.workloads.privileged

import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	container.body.securityContext.privileged == true
	finding := {
		"message": sprintf("container %s is privileged", [container.name]),
		"path": sprintf("%s.securityContext.privileged", [container.path]),
	}
}
