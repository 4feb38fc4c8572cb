# METADATA
# title: Placeholders for digests are replaced
# description: |
#   A workload that is annotated dharma.dev/image-digest: placeholder runs whatever its tag points
#   to; one whose images all have a digest does not need the annotation.
# custom:
#   id: images/placeholder
#   severity: warn
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Pin the image once it is built: dharma set image SERVICE sha256:DIGEST.
#     good: |
#       metadata: {annotations: {}}
#     bad: |
#       metadata: {annotations: {dharma.dev/image-digest: placeholder}}
#   controls:
#     nsa: ["building-secure-container-images"]
#     soc2: ["CC8.1"]
package dharma.images.placeholder

import data.dharma.lib.images
import data.dharma.lib.objects
import data.dharma.lib.pods

warn contains finding if {
	images.placeholder(input.object)
	some container in pods.containers(input.object)
	is_string(container.body.image)
	not images.digest(container.body.image)
	finding := {
		"message": sprintf("image %s of container %s waits for its digest", [container.body.image, container.name]),
		"path": sprintf("%s.image", [container.path]),
	}
}

warn contains finding if {
	images.placeholder(input.object)
	every container in pods.containers(input.object) {
		is_string(container.body.image)
		images.digest(container.body.image)
	}
	finding := {
		"message": "is marked as a placeholder although every image has a digest",
		"path": objects.entry("metadata.annotations", "dharma.dev/image-digest"),
	}
}
