package dharma.gitops.automated_sync_test

import data.dharma.gitops.automated_sync

found(policy) := findings if {
	findings := automated_sync.deny with input as {"object": {"spec": {"syncPolicy": policy}}}
}

drift := {"message": "does not undo drift", "path": "spec.syncPolicy.automated.selfHeal"}

kept := {"message": "keeps what git no longer has", "path": "spec.syncPolicy.automated.prune"}

test_pruning_and_healing_pass if found({"automated": {"prune": true, "selfHeal": true}, "retry": {"limit": 5}}) == set()

test_definitions_are_kept if {
	found({"automated": {"prune": false, "selfHeal": true}, "syncOptions": ["Prune=false"]}) == set()
}

test_drift_must_be_undone if {
	found({"automated": {"prune": true}}) == {drift}
	found({"automated": {"prune": true, "selfHeal": false}}) == {drift}
	found({}) == {drift, kept}
}

test_what_git_no_longer_has_must_go if found({"automated": {"selfHeal": true}}) == {kept}

test_a_sync_of_nothing_is_denied if {
	found({"automated": {"prune": true, "selfHeal": true, "allowEmpty": true}}) == {{
		"message": "may be emptied by a sync of nothing",
		"path": "spec.syncPolicy.automated.allowEmpty",
	}}
}

test_retries_for_ever_are_denied if {
	found({"automated": {"prune": true, "selfHeal": true}, "retry": {"limit": -1}}) == {{
		"message": "retries for ever",
		"path": "spec.syncPolicy.retry.limit",
	}}
}
