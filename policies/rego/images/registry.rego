# METADATA
# title: Images come from the platform's registries
# description: |
#   An image from elsewhere was neither scanned nor signed here, and disappears or changes when its
#   owner likes.
# custom:
#   id: images/registry
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Mirror the image into the platform's private registry: `registry:` in environments/ names it and
#       rewrites every reference. A registry under the platform's own domain needs no setting.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, image: registry.example/web:1.0}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, image: web:1.0}]}}}
#   controls:
#     cis: ["5.5.1"]
#     nsa: ["building-secure-container-images"]
#     soc2: ["CC6.8"]
package dharma.images.registry

import data.dharma.lib.images
import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	image := container.body.image
	is_string(image)
	not images.trusted(image, input.target)
	finding := {
		"message": sprintf("image %s of container %s comes from elsewhere", [image, container.name]),
		"path": sprintf("%s.image", [container.path]),
	}
}
