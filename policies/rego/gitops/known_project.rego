# METADATA
# title: Applications belong to a project and one place
# description: |
#   The project default may deploy anything anywhere. A destination with a wildcard, or without
#   a cluster, is decided by whoever changes the project.
# custom:
#   id: gitops/known-project
#   severity: deny
#   kinds: [argoproj.io/Application]
#   remediation:
#     text: Name a project of the platform or of a tenant, the cluster, and a namespace where all
#       objects share one.
#     good: |
#       spec: {project: shop, destination: {server: 'https://kubernetes.default.svc', namespace: shop}}
#     bad: |
#       spec: {project: default, destination: {server: '*'}}
#   controls:
#     soc2: ["CC6.3", "CC8.1"]
package dharma.gitops.known_project

deny contains {"message": "is in no project that bounds it", "path": "spec.project"} if {
	object.get(input.object, ["spec", "project"], "default") in {"default", ""}
}

deny contains {"message": "names no cluster", "path": "spec.destination"} if {
	not _plain(object.get(input.object, ["spec", "destination", "server"], ""))
	not _plain(object.get(input.object, ["spec", "destination", "name"], ""))
}

deny contains {"message": "chooses namespaces by a pattern", "path": "spec.destination.namespace"} if {
	not _plain(object.get(input.object, ["spec", "destination", "namespace"], "each object says its own"))
}

_plain(text) if {
	is_string(text)
	text != ""
	not contains(text, "*")
}
