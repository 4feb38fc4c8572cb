package dharma.observability.scrape_label_test

import data.dharma.lib.samples_test as samples
import data.dharma.observability.scrape_label as rule

test_monitor_without_label_is_refused if {
	subject := samples.resource("ServiceMonitor", {})
	findings := rule.deny with input.object as subject
	findings == {{"message": "is not seen by the platform's Prometheus", "path": "metadata.labels[\"dharma.dev/scrape\"]"}}
}

test_monitor_for_another_is_refused if {
	subject := samples.labelled({"dharma.dev/scrape": "team"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "is not seen by the platform's Prometheus", "path": "metadata.labels[\"dharma.dev/scrape\"]"}}
}

test_labelled_monitor_passes if {
	subject := samples.labelled({"dharma.dev/scrape": "platform"})
	findings := rule.deny with input.object as subject
	findings == set()
}
