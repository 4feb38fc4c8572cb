package dharma.workloads.service_links_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.service_links as rule

test_silent_pod_is_told if {
	subject := samples.deployment({})
	findings := rule.warn with input.object as subject
	findings == {{"message": "gets the addresses of all Services of its namespace as variables", "path": "spec.template.spec.enableServiceLinks"}}
}

test_linked_pod_is_told if {
	subject := samples.deployment({"enableServiceLinks": true})
	findings := rule.warn with input.object as subject
	findings == {{"message": "gets the addresses of all Services of its namespace as variables", "path": "spec.template.spec.enableServiceLinks"}}
}

test_unlinked_pod_passes if {
	subject := samples.deployment({"enableServiceLinks": false})
	findings := rule.warn with input.object as subject
	findings == set()
}
