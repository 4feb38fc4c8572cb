# METADATA
# title: Pods mount nothing of the node
# description: |
#   A hostPath volume gives a container the node's files: the kubelet's credentials, other pods'
#   volumes, the runtime's socket.
# custom:
#   id: workloads/host-path
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Use a persistent volume claim, an emptyDir or a CSI volume.
#     good: |
#       spec: {template: {spec: {volumes: [{name: tmp, emptyDir: {sizeLimit: 64Mi}}]}}}
#     bad: |
#       spec: {template: {spec: {volumes: [{name: tmp, hostPath: {path: /tmp}}]}}}
#   controls:
#     pss: ["baseline/hostpath-volumes"]
#     cis: ["5.2.12"]
#     nsa: ["pod-security-enforcement"]
#     soc2: ["CC6.1"]
package dharma.workloads.host_path

import data.dharma.lib.pods

deny contains finding if {
	some volume in pods.volumes(input.object)
	volume.body.hostPath
	finding := {
		"message": sprintf("volume %s is a path of the node", [volume.name]),
		"path": sprintf("%s.hostPath", [volume.path]),
	}
}
