package dharma.secrets.whole_secret_test

import data.dharma.lib.samples_test as samples
import data.dharma.secrets.whole_secret as rule

test_whole_secret_is_refused if {
	subject := samples.one({"envFrom": [{"configMapRef": {"name": "a"}}, {"secretRef": {"name": "b"}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app takes all of the Secret b", "path": "spec.template.spec.containers[0].envFrom[1].secretRef"}}
}

test_whole_config_map_passes if {
	subject := samples.one({"envFrom": [{"configMapRef": {"name": "a"}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_container_without_sources_passes if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
