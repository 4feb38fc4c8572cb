package dharma.workloads.service_account_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.service_account as rule

test_silent_pod_is_refused if {
	subject := samples.deployment({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "runs under the default service account", "path": "spec.template.spec.serviceAccountName"}}
}

test_default_account_is_refused if {
	subject := samples.cron_job({"serviceAccountName": "default"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "runs under the default service account", "path": "spec.jobTemplate.spec.template.spec.serviceAccountName"}}
}

test_empty_name_is_refused if {
	subject := samples.pod({"serviceAccountName": ""})
	findings := rule.deny with input.object as subject
	findings == {{"message": "runs under the default service account", "path": "spec.serviceAccountName"}}
}

test_own_account_passes if {
	subject := samples.deployment({"serviceAccountName": "web"})
	findings := rule.deny with input.object as subject
	findings == set()
}
