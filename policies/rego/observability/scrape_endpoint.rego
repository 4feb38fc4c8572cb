# METADATA
# title: Monitors name a port and something to scrape
# description: |
#   A monitor without endpoint or port, or with an empty selector, is accepted and either scrapes
#   nothing or every Service of the namespace.
# custom:
#   id: observability/scrape-endpoint
#   severity: deny
#   kinds: [monitoring.coreos.com/ServiceMonitor, monitoring.coreos.com/PodMonitor]
#   remediation:
#     text: >-
#       Give the monitor a selector and each endpoint a port.
#     good: |
#       spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}
#     bad: |
#       spec: {selector: {}, endpoints: []}
#   controls:
#     soc2: ["CC7.2"]
package dharma.observability.scrape_endpoint

import data.dharma.lib.lists
import data.dharma.lib.objects

deny contains finding if {
	count(endpoints) == 0
	finding := {"message": "has nothing to scrape", "path": "spec"}
}

deny contains finding if {
	some place, endpoint in endpoints
	not ported(endpoint)
	finding := {"message": "names no port to scrape", "path": sprintf("%s.port", [place])}
}

deny contains finding if {
	not selective
	finding := {"message": "selects everything in its namespace", "path": "spec.selector"}
}

endpoints[place] := endpoint if {
	some list in ["endpoints", "podMetricsEndpoints"]
	some index, endpoint in lists.at(input.object, ["spec", list])
	place := sprintf("spec.%s[%v]", [list, index])
}

ported(endpoint) if some field in (object.keys(objects.at(endpoint, [])) & {"port", "targetPort", "portNumber"})

selective if count(objects.at(input.object, ["spec", "selector", "matchLabels"])) > 0

selective if count(lists.at(input.object, ["spec", "selector", "matchExpressions"])) > 0
