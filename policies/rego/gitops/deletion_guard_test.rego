package dharma.gitops.deletion_guard_test

import data.dharma.gitops.deletion_guard

found(kind, options, spec) := findings if {
	findings := deletion_guard.deny with input as {"object": {
		"kind": kind,
		"metadata": {"annotations": {"argocd.argoproj.io/sync-options": options}},
		"spec": spec,
	}}
}

lacks(verb) := {"message": sprintf("lacks %s=confirm, so that nobody is asked", [verb]), "path": "metadata.annotations"}

volumes := {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}

test_guarded_things_pass if {
	found("Namespace", "Prune=confirm,Delete=confirm", {}) == set()
	found("PersistentVolumeClaim", "ServerSideApply=true, Prune=false, Delete=false", {}) == set()
	found("StatefulSet", "Prune=confirm,Delete=confirm", volumes) == set()
}

test_each_guard_must_be_there if {
	found("Namespace", "Prune=confirm", {}) == {lacks("Delete")}
	found("PersistentVolumeClaim", "Delete=confirm", {}) == {lacks("Prune")}
	found("StatefulSet", "Prune=true", volumes) == {lacks("Prune"), lacks("Delete")}
	found("Namespace", 7, {}) == {lacks("Prune"), lacks("Delete")}
}

test_without_annotations_nobody_is_asked if {
	found_alone := deletion_guard.deny with input as {"object": {"kind": "Namespace", "metadata": {"name": "shop"}}}
	found_alone == {lacks("Prune"), lacks("Delete")}
}

test_a_set_without_volumes_holds_nothing if found("StatefulSet", "", {"replicas": 2}) == set()

test_volumes_outlive_their_pods if {
	spec := {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Delete"}}
	found("StatefulSet", "", spec) == {{
		"message": "deletes volumes with their pods",
		"path": "spec.persistentVolumeClaimRetentionPolicy.whenScaled",
	}}
}
