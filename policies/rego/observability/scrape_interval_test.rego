package dharma.observability.scrape_interval_test

import data.dharma.lib.samples_test as samples
import data.dharma.observability.scrape_interval as rule

test_too_often_is_refused if {
	subject := samples.resource("ServiceMonitor", {"endpoints": [{"interval": "15s"}, {"interval": "5s"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "scrapes every 5s instead of every 15s to 5m", "path": "spec.endpoints[1].interval"}}
}

test_too_seldom_is_refused if {
	subject := samples.resource("PodMonitor", {"podMetricsEndpoints": [{"interval": "1h"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "scrapes every 1h instead of every 15s to 5m", "path": "spec.podMetricsEndpoints[0].interval"}}
}

test_unstated_is_refused if {
	subject := samples.resource("ServiceMonitor", {"endpoints": [{"port": "http"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "scrapes every so often instead of every 15s to 5m", "path": "spec.endpoints[0].interval"}}
}

test_timeout_beyond_interval_is_refused if {
	subject := samples.resource("ServiceMonitor", {"endpoints": [{"interval": "30s", "scrapeTimeout": "1m"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "waits longer for an answer than until the next scrape", "path": "spec.endpoints[0].scrapeTimeout"}}
}

test_usual_interval_passes if {
	subject := samples.resource("ServiceMonitor", {"endpoints": [{"interval": "30s", "scrapeTimeout": "10s"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
