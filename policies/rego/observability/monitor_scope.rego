# METADATA
# title: Monitors stay in their namespace and keep their labels true
# description: |
#   A tenant's monitor that looks into other namespaces reads their metrics, and honoured labels let
#   a target pretend to be another.
# custom:
#   id: observability/monitor-scope
#   severity: deny
#   kinds: [monitoring.coreos.com/ServiceMonitor, monitoring.coreos.com/PodMonitor]
#   remediation:
#     text: >-
#       Remove namespaceSelector and honorLabels.
#     good: |
#       spec: {endpoints: [{port: http}]}
#     bad: |
#       spec: {namespaceSelector: {any: true}, endpoints: [{port: http}]}
#   controls:
#     soc2: ["CC6.1", "CC7.2"]
package dharma.observability.monitor_scope

import data.dharma.lib.lists
import data.dharma.lib.objects

deny contains finding if {
	objects.tenant(input.object, input.target)
	abroad
	finding := {"message": "scrapes other namespaces", "path": "spec.namespaceSelector"}
}

deny contains finding if {
	objects.tenant(input.object, input.target)
	some list in ["endpoints", "podMetricsEndpoints"]
	some index, endpoint in lists.at(input.object, ["spec", list])
	endpoint.honorLabels == true
	finding := {
		"message": "lets its target choose the labels of its metrics",
		"path": sprintf("spec.%s[%v].honorLabels", [list, index]),
	}
}

abroad if input.object.spec.namespaceSelector.any == true

abroad if {
	some name in lists.at(input.object, ["spec", "namespaceSelector", "matchNames"])
	name != input.object.metadata.namespace
}
