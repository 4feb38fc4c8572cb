package dharma.fleet.autoscaler_targets_test

import data.dharma.fleet.autoscaler_targets
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := autoscaler_targets.deny with data.fleet as samples.fleet(objects)
}

objects(kind, name) := {
	"apps/Deployment": {"shop/web": samples.workload("web")},
	"autoscaling/HorizontalPodAutoscaler": {"shop/web": {"spec": {"scaleTargetRef": {
		"apiVersion": "apps/v1",
		"kind": kind,
		"name": name,
	}}}},
}

test_an_existing_workload_passes if found(objects("Deployment", "web")) == set()

test_a_missing_workload_is_denied if {
	subject := "autoscaling/HorizontalPodAutoscaler/shop/web"
	found(objects("Deployment", "wbe")) == {samples.finding(subject, "spec.scaleTargetRef", "scales Deployment wbe, which is not there")}
	found(objects("StatefulSet", "web")) == {samples.finding(subject, "spec.scaleTargetRef", "scales StatefulSet web, which is not there")}
}
