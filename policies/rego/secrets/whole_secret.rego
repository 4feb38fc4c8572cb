# METADATA
# title: Containers take single keys of a Secret
# description: |
#   envFrom puts every key of a Secret into the environment, also those that are added later for
#   somebody else.
# custom:
#   id: secrets/whole-secret
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Name each key with valueFrom.secretKeyRef.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: web, key: password}}}]}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, envFrom: [{secretRef: {name: web}}]}]}}}
#   controls:
#     nsa: ["secrets"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.secrets.whole_secret

import data.dharma.lib.lists
import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	some index, source in lists.at(container.body, ["envFrom"])
	source.secretRef
	finding := {
		"message": sprintf("container %s takes all of the Secret %v", [container.name, source.secretRef.name]),
		"path": sprintf("%s.envFrom[%v].secretRef", [container.path, index]),
	}
}
