package dharma.workloads.account_automount_test

import data.dharma.workloads.account_automount as rule

test_silent_account_is_refused if {
	subject := {"kind": "ServiceAccount"}
	findings := rule.deny with input.object as subject
	findings == {{"message": "mounts its token into every pod that does not refuse it", "path": "automountServiceAccountToken"}}
}

test_mounting_account_is_refused if {
	subject := {"kind": "ServiceAccount", "automountServiceAccountToken": true}
	findings := rule.deny with input.object as subject
	findings == {{"message": "mounts its token into every pod that does not refuse it", "path": "automountServiceAccountToken"}}
}

test_withholding_account_passes if {
	subject := {"kind": "ServiceAccount", "automountServiceAccountToken": false}
	findings := rule.deny with input.object as subject
	findings == set()
}
