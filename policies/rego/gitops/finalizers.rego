# METADATA
# title: Deleting an Application never deletes definitions
# description: |
#   With the finalizer, an Application that installs definitions takes every custom resource of
#   the cluster along; those keep what they made, by Prune=false.
# custom:
#   id: gitops/finalizers
#   severity: deny
#   kinds: [argoproj.io/Application]
#   remediation:
#     text: Leave the finalizer out where Prune=false is set, and name no finalizer that Argo CD does
#       not remove.
#     good: |
#       metadata: {finalizers: [resources-finalizer.argocd.argoproj.io]}
#     bad: |
#       metadata: {finalizers: [resources-finalizer.argocd.argoproj.io]}
#       spec: {syncPolicy: {syncOptions: [Prune=false]}}
#   controls:
#     soc2: ["A1.2", "CC8.1"]
package dharma.gitops.finalizers

import data.dharma.lib.lists

deny contains {"message": "takes definitions along when it is deleted", "path": "metadata.finalizers"} if {
	"Prune=false" in lists.at(input.object, ["spec", "syncPolicy", "syncOptions"])
	some finalizer in lists.at(input.object, ["metadata", "finalizers"])
	_cascades(finalizer)
}

deny contains finding if {
	some number, finalizer in lists.at(input.object, ["metadata", "finalizers"])
	not _cascades(finalizer)
	not _finishes(finalizer)
	finding := {
		"message": sprintf("waits for %v, which nobody removes", [finalizer]),
		"path": sprintf("metadata.finalizers[%d]", [number]),
	}
}

_cascades(finalizer) if {
	is_string(finalizer)
	startswith(finalizer, "resources-finalizer.argocd.argoproj.io")
}

_finishes(finalizer) if {
	is_string(finalizer)
	startswith(finalizer, "post-delete-finalizer.argocd.argoproj.io")
}
