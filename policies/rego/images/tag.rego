# METADATA
# title: Tags name a version
# description: |
#   An image without tag is `latest`, and a moving tag starts another program after a restart than
#   before it; nobody can tell what ran, nor go back.
# custom:
#   id: images/tag
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Write the version as tag.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, image: registry.example/web:1.0}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, image: registry.example/web:latest}]}}}
#   controls:
#     nsa: ["building-secure-container-images"]
#     soc2: ["CC8.1"]
package dharma.images.tag

import data.dharma.lib.images
import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	image := container.body.image
	is_string(image)
	not images.digest(image)
	tag := images.tag(image)
	moves(tag)
	finding := {
		"message": sprintf("image %s of container %s names no version", [image, container.name]),
		"path": sprintf("%s.image", [container.path]),
	}
}

moves(tag) if tag == ""

moves(tag) if lower(tag) in images.moving
