package dharma.workloads.proc_mount_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.proc_mount as rule

test_unmasked_proc_is_refused if {
	subject := samples.one({"securityContext": {"procMount": "Unmasked"}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app mounts /proc as Unmasked", "path": "spec.template.spec.containers[0].securityContext.procMount"}}
}

test_default_and_silence_pass if {
	subject := samples.pod({"containers": [{"name": "a", "securityContext": {"procMount": "Default"}}, {"name": "b"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
