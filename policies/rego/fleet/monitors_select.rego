# METADATA
# title: Monitors find a Service and its port
# description: |
#   A ServiceMonitor that selects nothing looks like a healthy service without traffic. Services
#   of upstream charts are not looked at.
# custom:
#   id: fleet/monitors-select
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Select labels of a Service, and name one of its ports.
#     good: |
#       spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}
#     bad: |
#       spec: {selector: {matchLabels: {app: wbe}}, endpoints: [{port: http}]}
#   controls:
#     soc2: ["CC7.2"]
package dharma.fleet.monitors_select

import data.dharma.lib.fleet
import data.dharma.lib.lists

deny contains finding if {
	some target in data.fleet.targets
	some monitor in _monitors(target)
	count(monitor.services) == 0
	finding := fleet.finding(target, monitor.subject, "spec.selector", "selects no Service")
}

deny contains finding if {
	some target in data.fleet.targets
	some monitor in _monitors(target)
	count(monitor.services) > 0
	some number, endpoint in lists.at(monitor.body, ["spec", "endpoints"])
	is_string(endpoint.port)
	names := {port.name | some service in monitor.services; some port in lists.at(service, ["spec", "ports"])}
	not endpoint.port in names
	message := sprintf("scrapes port %s, which no selected Service has", [endpoint.port])
	finding := fleet.finding(target, monitor.subject, sprintf("spec.endpoints[%d].port", [number]), message)
}

_monitors(target) := [monitor |
	some key, body in fleet.of_kind(target, "monitoring.coreos.com/ServiceMonitor")
	namespace := split(key, "/")[0]
	fleet.seen(target, namespace)
	not body.spec.namespaceSelector
	services := [service |
		some service in fleet.within(target, "/Service", namespace)
		fleet.selects(body.spec.selector, object.get(service, ["metadata", "labels"], {}))
	]
	monitor := {"body": body, "services": services, "subject": sprintf("monitoring.coreos.com/ServiceMonitor/%s", [key])}
]
