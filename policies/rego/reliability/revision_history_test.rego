package dharma.reliability.revision_history_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.revision_history as rule

test_no_history_is_refused if {
	subject := samples.workload("Deployment", {"revisionHistoryLimit": 0})
	findings := rule.deny with input.object as subject
	findings == {{"message": "keeps 0 old revisions", "path": "spec.revisionHistoryLimit"}}
}

test_long_history_is_refused if {
	subject := samples.workload("StatefulSet", {"revisionHistoryLimit": 11})
	findings := rule.deny with input.object as subject
	findings == {{"message": "keeps 11 old revisions", "path": "spec.revisionHistoryLimit"}}
}

test_few_pass if {
	subject := samples.workload("Deployment", {"revisionHistoryLimit": 3})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_default_passes if {
	subject := samples.workload("Deployment", {})
	findings := rule.deny with input.object as subject
	findings == set()
}
