# METADATA
# title: Images are pulled by a stated policy
# description: |
#   Never runs whatever some earlier pod left on the node, checked by nobody; a policy left out
#   depends on the tag.
# custom:
#   id: images/pull-policy
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set imagePullPolicy to IfNotPresent, or to Always where tags are not trusted.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, imagePullPolicy: IfNotPresent}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, imagePullPolicy: Never}]}}}
#   controls:
#     soc2: ["CC6.8"]
package dharma.images.pull_policy

import data.dharma.lib.pods

stated := {"IfNotPresent", "Always"}

deny contains finding if {
	some container in pods.containers(input.object)
	not pulled(container)
	finding := {
		"message": sprintf("container %s does not state a policy that pulls its image", [container.name]),
		"path": sprintf("%s.imagePullPolicy", [container.path]),
	}
}

pulled(container) if container.body.imagePullPolicy in stated
