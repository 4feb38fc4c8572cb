# METADATA
# title: Regions of an environment run the same images and API versions
# description: |
#   A region that runs another image or another version of an API than its neighbours behaves
#   differently on the day when traffic is moved to it.
# custom:
#   id: fleet/regions-alike
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Give the service one image in the environment, and let every cluster have the same
#       definitions.
#     good: |
#       image: {tag: 1.2.0}
#     bad: |
#       regions: {region-b: {image: {tag: 1.1.0}}}
#   controls:
#     soc2: ["CC8.1", "A1.2"]
package dharma.fleet.regions_alike

import data.dharma.lib.fleet
import data.dharma.lib.lists

deny contains finding if {
	some environment, subjects in _images
	some subject, images in subjects
	count(images) > 1
	some target in data.fleet.targets
	target.environment == environment
	some workload in _standing(target, subject)
	message := sprintf("runs %s, regions of %s run %s", [_text(workload), environment, concat(" and ", sort(images))])
	finding := fleet.finding(target, subject, "spec.template.spec.containers", message)
}

deny contains finding if {
	some environment, kinds in _versions
	some kind, versions in kinds
	count(versions) > 1
	message := sprintf("regions of %s use %s of %s", [environment, concat(" and ", sort(versions)), kind])
	finding := {"message": message, "path": "apiVersion", "target": "", "subject": ""}
}

_standing(target, subject) := [workload |
	parts := split(subject, "/")
	workload := fleet.running(target, parts[2])[subject]
]

_text(workload) := concat(", ", [container.image |
	some container in lists.at(workload.body, ["spec", "template", "spec", "containers"])
])

_images[target.environment][subject] contains _text(workload) if {
	some target in data.fleet.targets
	some several in object.get(fleet.workloads, target.name, {})
	some subject, workload in several
}

_versions[target.environment][kind] contains body.apiVersion if {
	some target in data.fleet.targets
	some kind, several in target.objects
	some body in several
}
