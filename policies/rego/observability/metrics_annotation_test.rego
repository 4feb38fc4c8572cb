package dharma.observability.metrics_annotation_test

import data.dharma.lib.samples_test as samples
import data.dharma.observability.metrics_annotation as rule

services := {"name": "services", "state": "active"}

annotated(annotations) := samples.workload("Deployment", {"template": {
	"metadata": {"annotations": annotations},
	"spec": {"containers": [{"name": "app", "ports": [{"containerPort": 80}]}]},
}})

test_silent_service_is_refused if {
	subject := annotated({})
	findings := rule.deny with input.object as subject with input.component as services
	findings == {{"message": "does not offer its metrics", "path": "spec.template.metadata.annotations[\"prometheus.io/scrape\"]"}}
}

test_unknown_port_and_missing_path_are_refused if {
	subject := annotated({"prometheus.io/scrape": "true", "prometheus.io/port": "81"})
	findings := rule.deny with input.object as subject with input.component as services
	findings == {
		{"message": "offers its metrics at a port that no container has", "path": "spec.template.metadata.annotations[\"prometheus.io/port\"]"},
		{"message": "offers its metrics at no path", "path": "spec.template.metadata.annotations[\"prometheus.io/path\"]"},
	}
}

test_missing_port_is_refused if {
	subject := annotated({"prometheus.io/scrape": "true", "prometheus.io/path": "/metrics"})
	findings := rule.deny with input.object as subject with input.component as services
	findings == {{"message": "offers its metrics at a port that no container has", "path": "spec.template.metadata.annotations[\"prometheus.io/port\"]"}}
}

test_offered_metrics_pass if {
	subject := annotated({"prometheus.io/scrape": "true", "prometheus.io/port": "80", "prometheus.io/path": "/metrics"})
	findings := rule.deny with input.object as subject with input.component as services
	findings == set()
}

test_workload_of_another_component_passes if {
	subject := annotated({})
	findings := rule.deny with input.object as subject with input.component as {"name": "mesh", "state": "active"}
	findings == set()
}

test_workload_without_component_passes if {
	subject := annotated({})
	findings := rule.deny with input.object as subject
	findings == set()
}
