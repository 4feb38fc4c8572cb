# METADATA
# title: Containers run as non-root
# description: |
#   A container that may run as root can change the node when it escapes; the kubelet refuses it
#   only when runAsNonRoot says so.
# custom:
#   id: workloads/run-as-non-root
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set runAsNonRoot on the pod's or on every container's security context.
#     good: |
#       spec: {template: {spec: {securityContext: {runAsNonRoot: true}}}}
#     bad: |
#       spec: {template: {spec: {securityContext: {}}}}
#   controls:
#     pss: ["restricted/running-as-non-root"]
#     cis: ["5.2.7"]
#     nsa: ["non-root-containers"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.workloads.run_as_non_root

import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	not non_root(container)
	finding := {
		"message": sprintf("container %s may run as root", [container.name]),
		"path": sprintf("%s.securityContext.runAsNonRoot", [container.path]),
	}
}

non_root(container) if pods.setting(container, input.object, "runAsNonRoot") == true
