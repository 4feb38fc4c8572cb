package dharma.workloads.sysctls_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.sysctls as rule

test_unsafe_sysctl_is_refused if {
	subject := samples.deployment({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}, {"name": "kernel.msgmax", "value": "1"}]}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "sets the unsafe sysctl kernel.msgmax", "path": "spec.template.spec.securityContext.sysctls[1].name"}}
}

test_pods_without_sysctls_pass if {
	subject := samples.deployment({})
	findings := rule.deny with input.object as subject
	findings == set()
}
