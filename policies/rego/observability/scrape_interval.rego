# METADATA
# title: Monitors scrape neither too often nor too seldom
# description: |
#   Below 15 seconds the samples cost more than they tell; above five minutes an outage passes
#   between two of them, and rates over minutes are empty.
# custom:
#   id: observability/scrape-interval
#   severity: deny
#   kinds: [monitoring.coreos.com/ServiceMonitor, monitoring.coreos.com/PodMonitor]
#   remediation:
#     text: >-
#       Set interval between 15s and 5m.
#     good: |
#       spec: {endpoints: [{port: http, interval: 30s}]}
#     bad: |
#       spec: {endpoints: [{port: http, interval: 1s}]}
#   controls:
#     soc2: ["CC7.2"]
package dharma.observability.scrape_interval

import data.dharma.lib.lists
import data.dharma.lib.objects
import data.dharma.lib.quantities

shortest := 15

longest := 300

deny contains finding if {
	some list in ["endpoints", "podMetricsEndpoints"]
	some index, endpoint in lists.at(input.object, ["spec", list])
	not bounded(endpoint)
	finding := {
		"message": sprintf("scrapes every %v instead of every 15s to 5m", [object.get(objects.at(endpoint, []), "interval", "so often")]),
		"path": sprintf("spec.%s[%v].interval", [list, index]),
	}
}

deny contains finding if {
	some list in ["endpoints", "podMetricsEndpoints"]
	some index, endpoint in lists.at(input.object, ["spec", list])
	quantities.seconds(endpoint.scrapeTimeout) > quantities.seconds(endpoint.interval)
	finding := {
		"message": "waits longer for an answer than until the next scrape",
		"path": sprintf("spec.%s[%v].scrapeTimeout", [list, index]),
	}
}

bounded(endpoint) if {
	seconds := quantities.seconds(endpoint.interval)
	seconds >= shortest
	seconds <= longest
}
