package dharma.resources.memory_limit_test

import data.dharma.lib.samples_test as samples
import data.dharma.resources.memory_limit as rule

test_silent_container_is_refused if {
	subject := samples.one({"resources": {"limits": {"cpu": 1}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app has no memory limit", "path": "spec.template.spec.containers[0].resources.limits.memory"}}
}

test_limit_passes if {
	subject := samples.one({"resources": {"limits": {"memory": "1Gi"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
