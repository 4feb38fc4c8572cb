package dharma.observability.scrape_endpoint_test

import data.dharma.lib.samples_test as samples
import data.dharma.observability.scrape_endpoint as rule

test_empty_monitor_is_refused if {
	subject := samples.resource("ServiceMonitor", {"endpoints": [], "selector": {"matchLabels": {"app": "web"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "has nothing to scrape", "path": "spec"}}
}

test_endpoint_without_port_is_refused if {
	subject := samples.resource("ServiceMonitor", {"endpoints": [{"port": "http"}, {"interval": "30s"}], "selector": {"matchLabels": {"app": "web"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "names no port to scrape", "path": "spec.endpoints[1].port"}}
}

test_monitor_of_everything_is_refused if {
	subject := samples.resource("PodMonitor", {"podMetricsEndpoints": [{"port": "http"}], "selector": {}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "selects everything in its namespace", "path": "spec.selector"}}
}

test_full_monitor_passes if {
	subject := samples.resource("PodMonitor", {"podMetricsEndpoints": [{"portNumber": 80}], "selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}})
	findings := rule.deny with input.object as subject
	findings == set()
}
