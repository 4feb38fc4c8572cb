# METADATA
# title: Scratch volumes are bounded
# description: |
#   An emptyDir without a size fills its node's disk, and the kubelet evicts every pod there; one in
#   memory counts against nobody's limit but the node's.
# custom:
#   id: resources/empty-dir-size
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set emptyDir.sizeLimit.
#     good: |
#       spec: {template: {spec: {volumes: [{name: tmp, emptyDir: {sizeLimit: 64Mi}}]}}}
#     bad: |
#       spec: {template: {spec: {volumes: [{name: tmp, emptyDir: {}}]}}}
#   controls:
#     nsa: ["resource-policies"]
#     soc2: ["A1.1"]
package dharma.resources.empty_dir_size

import data.dharma.lib.pods
import data.dharma.lib.quantities

deny contains finding if {
	some volume in pods.volumes(input.object)
	volume.body.emptyDir
	not bounded(volume.body.emptyDir)
	finding := {
		"message": sprintf("volume %s has no size limit", [volume.name]),
		"path": sprintf("%s.emptyDir.sizeLimit", [volume.path]),
	}
}

bounded(directory) if quantities.milli(directory.sizeLimit) > 0
