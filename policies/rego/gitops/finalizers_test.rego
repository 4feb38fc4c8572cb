package dharma.gitops.finalizers_test

import data.dharma.gitops.finalizers

found(names, options) := findings if {
	findings := finalizers.deny with input as {"object": {
		"metadata": {"finalizers": names},
		"spec": {"syncPolicy": {"syncOptions": options}},
	}}
}

cascade := "resources-finalizer.argocd.argoproj.io"

test_deleting_along_passes if {
	found([cascade], ["ServerSideApply=true"]) == set()
	found(["resources-finalizer.argocd.argoproj.io/background"], []) == set()
	found(["post-delete-finalizer.argocd.argoproj.io/cleanup"], []) == set()
}

test_keeping_definitions_passes if found([], ["Prune=false"]) == set()

test_definitions_are_never_taken_along if {
	found([cascade], ["Prune=false"]) == {{
		"message": "takes definitions along when it is deleted",
		"path": "metadata.finalizers",
	}}
}

test_unknown_finalizers_are_denied if {
	found([cascade, "foregroundDeletion"], []) == {{
		"message": "waits for foregroundDeletion, which nobody removes",
		"path": "metadata.finalizers[1]",
	}}
}
