package dharma.workloads.se_linux_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.se_linux as rule

test_foreign_type_is_refused if {
	subject := samples.one({"securityContext": {"seLinuxOptions": {"type": "spc_t"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app has the SELinux type spc_t", "path": "spec.template.spec.containers[0].securityContext.seLinuxOptions.type"}}
}

test_user_and_role_are_refused if {
	subject := samples.deployment({"securityContext": {"seLinuxOptions": {"user": "system_u", "role": "system_r"}}})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "the pod sets the SELinux user", "path": "spec.template.spec.securityContext.seLinuxOptions.user"},
		{"message": "the pod sets the SELinux role", "path": "spec.template.spec.securityContext.seLinuxOptions.role"},
	}
}

test_container_types_and_levels_pass if {
	subject := samples.one({"securityContext": {"seLinuxOptions": {"type": "container_t", "level": "s0:c1", "user": ""}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_silence_passes if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
