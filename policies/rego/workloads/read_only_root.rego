# METADATA
# title: Containers cannot change their image's files
# description: |
#   Who gets into a container with a writable root replaces its programs and stays until it is
#   restarted.
# custom:
#   id: workloads/read-only-root
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set readOnlyRootFilesystem and mount an emptyDir where the program writes.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {readOnlyRootFilesystem: true}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {}}]}}}
#   controls:
#     nsa: ["immutable-container-file-systems"]
#     cis: ["5.7.3"]
#     soc2: ["CC6.8"]
package dharma.workloads.read_only_root

import data.dharma.lib.pods

deny contains finding if {
	some container in pods.scheduled(input.object)
	not immutable(container)
	finding := {
		"message": sprintf("container %s may write to its root file system", [container.name]),
		"path": sprintf("%s.securityContext.readOnlyRootFilesystem", [container.path]),
	}
}

immutable(container) if container.body.securityContext.readOnlyRootFilesystem == true
