package dharma.observability.monitor_scope_test

import data.dharma.lib.samples_test as samples
import data.dharma.observability.monitor_scope as rule

test_monitor_of_all_namespaces_is_refused if {
	subject := samples.resource("ServiceMonitor", {"namespaceSelector": {"any": true}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "scrapes other namespaces", "path": "spec.namespaceSelector"}}
}

test_monitor_of_another_namespace_is_refused if {
	subject := samples.resource("ServiceMonitor", {"namespaceSelector": {"matchNames": ["shop", "security"]}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "scrapes other namespaces", "path": "spec.namespaceSelector"}}
}

test_honoured_labels_are_refused if {
	subject := samples.resource("PodMonitor", {"podMetricsEndpoints": [{"honorLabels": true}]})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "lets its target choose the labels of its metrics", "path": "spec.podMetricsEndpoints[0].honorLabels"}}
}

test_monitor_of_its_own_namespace_passes if {
	subject := samples.resource("ServiceMonitor", {"namespaceSelector": {"matchNames": ["shop"]}, "endpoints": [{"honorLabels": false}]})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_monitor_of_the_platform_may_look_around if {
	subject := object.union(samples.resource("ServiceMonitor", {"namespaceSelector": {"any": true}}), {"metadata": {"namespace": "monitoring"}})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
