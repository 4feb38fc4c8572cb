package dharma.workloads.run_as_non_root_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.run_as_non_root as rule

test_silent_container_is_refused if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app may run as root", "path": "spec.template.spec.containers[0].securityContext.runAsNonRoot"}}
}

test_container_that_overrides_the_pod_is_refused if {
	subject := samples.deployment({"securityContext": {"runAsNonRoot": true}, "containers": [{"name": "a"}, {"name": "b", "securityContext": {"runAsNonRoot": false}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container b may run as root", "path": "spec.template.spec.containers[1].securityContext.runAsNonRoot"}}
}

test_init_container_of_a_cron_job_is_refused if {
	subject := samples.cron_job({"initContainers": [{"name": "a"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container a may run as root", "path": "spec.jobTemplate.spec.template.spec.initContainers[0].securityContext.runAsNonRoot"}}
}

test_setting_of_the_pod_holds_for_all if {
	subject := samples.deployment({"securityContext": {"runAsNonRoot": true}, "containers": [{"name": "a"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_setting_of_the_container_is_enough if {
	subject := samples.one({"securityContext": {"runAsNonRoot": true}})
	findings := rule.deny with input.object as subject
	findings == set()
}
