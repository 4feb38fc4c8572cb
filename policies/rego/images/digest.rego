# METADATA
# title: Images are pinned by digest
# description: |
#   A tag can be moved to another image after the review; a digest is the image. A workload whose
#   image is not built yet says so with the annotation dharma.dev/image-digest: placeholder, which
#   images/placeholder counts.
# custom:
#   id: images/digest
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Write the digest after the tag: `dharma pin` finds it; until the image is built, write
#       `digest: placeholder`.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, image: 'registry.example/web:1.0@sha256:0000000000000000000000000000000000000000000000000000000000000000'}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, image: registry.example/web:1.0}]}}}
#   controls:
#     nsa: ["building-secure-container-images"]
#     soc2: ["CC6.8", "CC8.1"]
package dharma.images.digest

import data.dharma.lib.images
import data.dharma.lib.pods

deny contains finding if {
	not images.placeholder(input.object)
	some container in pods.containers(input.object)
	is_string(container.body.image)
	not images.digest(container.body.image)
	finding := {
		"message": sprintf("image %s of container %s has no digest", [container.body.image, container.name]),
		"path": sprintf("%s.image", [container.path]),
	}
}
