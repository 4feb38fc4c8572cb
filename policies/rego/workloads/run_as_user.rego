# METADATA
# title: No user or group is root
# description: |
#   User 0 is root whatever runAsNonRoot says of the image, and group 0 may write what images leave
#   open to root's group.
# custom:
#   id: workloads/run-as-user
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Choose a user and group above 0, or leave them to the image.
#     good: |
#       spec: {template: {spec: {securityContext: {runAsUser: 10001}}}}
#     bad: |
#       spec: {template: {spec: {securityContext: {runAsUser: 0}}}}
#   controls:
#     pss: ["restricted/running-as-non-root-user"]
#     cis: ["5.2.7"]
#     nsa: ["non-root-containers"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.workloads.run_as_user

import data.dharma.lib.pods

fields := {"runAsUser": "user", "runAsGroup": "group", "fsGroup": "group"}

deny contains finding if {
	some context in pods.contexts(input.object)
	some field, what in fields
	context.body[field] == 0
	finding := {
		"message": sprintf("%s runs with the %s root", [context.owner, what]),
		"path": sprintf("%s.%s", [context.path, field]),
	}
}
