# METADATA
# title: Services say where their metrics are
# description: |
#   The mesh's proxy merges a service's own metrics with its own only when the pod's annotations
#   name the port and path; a wrong port leaves dashboards and alerts of that service empty.
# custom:
#   id: observability/metrics-annotation
#   severity: deny
#   kinds: [Deployment, StatefulSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set `metrics:` of the service to one of its ports.
#     good: |
#       spec: {template: {metadata: {annotations: {prometheus.io/scrape: "true", prometheus.io/port: "8080", prometheus.io/path: /metrics}}}}
#     bad: |
#       spec: {template: {metadata: {annotations: {}}}}
#   controls:
#     soc2: ["CC7.2"]
package dharma.observability.metrics_annotation

import data.dharma.lib.lists
import data.dharma.lib.objects
import data.dharma.lib.pods

deny contains finding if {
	input.component.name == "services"
	not offered
	finding := {"message": "does not offer its metrics", "path": place("scrape")}
}

deny contains finding if {
	input.component.name == "services"
	offered
	not open
	finding := {"message": "offers its metrics at a port that no container has", "path": place("port")}
}

deny contains finding if {
	input.component.name == "services"
	offered
	not rooted
	finding := {"message": "offers its metrics at no path", "path": place("path")}
}

annotations := objects.at(pods.template(input.object), ["metadata", "annotations"])

ports contains sprintf("%v", [number]) if {
	some container in pods.main(input.object)
	some port in lists.at(container.body, ["ports"])
	number := port.containerPort
}

offered if annotations["prometheus.io/scrape"] == "true"

open if annotations["prometheus.io/port"] in ports

rooted if {
	is_string(annotations["prometheus.io/path"])
	startswith(annotations["prometheus.io/path"], "/")
}

place(key) := objects.entry(
	sprintf("%s.annotations", [pods.metadata_path(input.object)]),
	sprintf("prometheus.io/%s", [key]),
)
