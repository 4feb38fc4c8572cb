package dharma.workloads.privilege_escalation_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.privilege_escalation as rule

test_silent_container_is_refused if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app may gain privileges", "path": "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation"}}
}

test_allowed_escalation_is_refused if {
	subject := samples.one({"securityContext": {"allowPrivilegeEscalation": true}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app may gain privileges", "path": "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation"}}
}

test_forbidden_escalation_passes if {
	subject := samples.one({"securityContext": {"allowPrivilegeEscalation": false}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_windows_has_no_such_setting if {
	subject := samples.pod({"os": {"name": "windows"}, "containers": [{"name": "app"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
