package dharma.workloads.host_namespaces_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.host_namespaces as rule

test_every_namespace_is_refused if {
	subject := samples.deployment({"hostNetwork": true, "hostPID": true, "hostIPC": true})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "shares a namespace of the node: hostNetwork", "path": "spec.template.spec.hostNetwork"},
		{"message": "shares a namespace of the node: hostPID", "path": "spec.template.spec.hostPID"},
		{"message": "shares a namespace of the node: hostIPC", "path": "spec.template.spec.hostIPC"},
	}
}

test_cron_job_is_looked_into if {
	subject := samples.cron_job({"hostPID": true})
	findings := rule.deny with input.object as subject
	findings == {{"message": "shares a namespace of the node: hostPID", "path": "spec.jobTemplate.spec.template.spec.hostPID"}}
}

test_own_namespaces_pass if {
	subject := samples.deployment({"hostNetwork": false})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_other_kinds_pass if {
	subject := samples.resource("Service", {"hostNetwork": true})
	findings := rule.deny with input.object as subject
	findings == set()
}
