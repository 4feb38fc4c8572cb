# METADATA
# title: Volumes are of the types that are safe for tenants
# description: |
#   In-tree network and cloud disks carry their own credentials and drivers into the node; storage
#   is asked for by a claim.
# custom:
#   id: workloads/volume-types
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Use one of configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim,
#       projected, secret.
#     good: |
#       spec: {template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}}}
#     bad: |
#       spec: {template: {spec: {volumes: [{name: data, nfs: {server: files.example, path: /}}]}}}
#   controls:
#     pss: ["restricted/volume-types"]
#     soc2: ["CC6.1"]
package dharma.workloads.volume_types

import data.dharma.lib.objects
import data.dharma.lib.pods

allowed := {
	"configMap",
	"csi",
	"downwardAPI",
	"emptyDir",
	"ephemeral",
	"persistentVolumeClaim",
	"projected",
	"secret",
}

# A volume from the node has a rule of its own.
deny contains finding if {
	some volume in pods.volumes(input.object)
	some type, _ in objects.at(volume.body, [])
	not type in (allowed | {"name", "hostPath"})
	finding := {
		"message": sprintf("volume %s is of the type %s", [volume.name, type]),
		"path": sprintf("%s.%s", [volume.path, type]),
	}
}
