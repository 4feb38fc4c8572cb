# METADATA
# title: Monitors carry the label that Prometheus looks for
# description: |
#   The platform's Prometheus takes only what is labelled dharma.dev/scrape: platform; a monitor
#   without it is accepted and never scraped.
# custom:
#   id: observability/scrape-label
#   severity: deny
#   kinds: [monitoring.coreos.com/ServiceMonitor, monitoring.coreos.com/PodMonitor]
#   remediation:
#     text: >-
#       Add the label dharma.dev/scrape: platform.
#     good: |
#       metadata: {labels: {dharma.dev/scrape: platform}}
#     bad: |
#       metadata: {labels: {}}
#   controls:
#     soc2: ["CC7.2"]
package dharma.observability.scrape_label

import data.dharma.lib.objects

deny contains finding if {
	not chosen
	finding := {
		"message": "is not seen by the platform's Prometheus",
		"path": objects.entry("metadata.labels", "dharma.dev/scrape"),
	}
}

chosen if input.object.metadata.labels["dharma.dev/scrape"] == "platform"
