# METADATA
# title: Pods do not start without their secrets
# description: |
#   An optional reference lets a pod start with an empty credential; the fault shows as refused
#   logins long after the deployment.
# custom:
#   id: secrets/optional-reference
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove optional or set it to false.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: web, key: password, optional: false}}}]}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: web, key: password, optional: true}}}]}]}}}
#   controls:
#     nsa: ["secrets"]
package dharma.secrets.optional_reference

import data.dharma.lib.lists
import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	some index, variable in lists.at(container.body, ["env"])
	variable.valueFrom.secretKeyRef.optional == true
	finding := {
		"message": sprintf("variable %v of container %s may be missing", [variable.name, container.name]),
		"path": sprintf("%s.env[%v].valueFrom.secretKeyRef.optional", [container.path, index]),
	}
}

deny contains finding if {
	some volume in pods.volumes(input.object)
	volume.body.secret.optional == true
	finding := {
		"message": sprintf("secret volume %s may be missing", [volume.name]),
		"path": sprintf("%s.secret.optional", [volume.path]),
	}
}
