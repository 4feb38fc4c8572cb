package dharma.fleet.quota_holds_test

import data.dharma.fleet.quota_holds
import data.dharma.lib.fleet_samples_test as samples

found(quota, more) := findings if {
	findings := quota_holds.deny with data.fleet as {"targets": [object.union(
		samples.target(object.union(objects, more)),
		{"quota": {"shop": object.union({"cpu": "1", "memory": "1Gi", "storage": "10Gi", "pods": 4}, quota)}},
	)]}
}

objects := {
	"/Namespace": {"/shop": {"metadata": {"labels": {"istio-injection": "enabled"}}}},
	"apps/StatefulSet": {"shop/web": object.union(samples.workload("web"), {"spec": {
		"replicas": 2,
		"template": {"spec": {"containers": [{"resources": {"requests": {"cpu": "500m", "memory": "512Mi"}}}]}},
		"volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "5Gi"}}}}],
	}})},
}

over(message) := {samples.finding("/Namespace//shop", "", message)}

test_a_quota_that_holds_passes if found({}, {}) == set()

test_cpu_and_memory_must_be_held if {
	found({"cpu": "800m"}, {}) == over("may ask for 125 percent of its quota of cpu")
	found({"memory": "512Mi"}, {}) == over("may ask for 200 percent of its quota of memory")
}

test_pods_and_storage_must_be_held if {
	found({"pods": 1}, {}) == over("may run 2 pods, its quota is 1")
	found({"storage": "5Gi"}, {}) == over("may ask for 200 percent of its quota of storage")
}

test_the_most_replicas_of_an_autoscaler_count if {
	scaler := {"autoscaling/HorizontalPodAutoscaler": {"shop/web": {"spec": {
		"maxReplicas": 5,
		"scaleTargetRef": {"name": "web"},
	}}}}
	found({"cpu": "9", "memory": "9Gi", "storage": "1Ti"}, scaler) == over("may run 5 pods, its quota is 4")
}

test_sidecars_count if {
	mesh := {"argoproj.io/Application": {"argocd/istiod": {"spec": {
		"destination": {"namespace": "istio-system"},
		"source": {"chart": "istiod", "helm": {"valuesObject": {"global": {"proxy": {"resources": {"requests": {"cpu": "50m"}}}}}}},
	}}}}
	found({}, mesh) == over("may ask for 110 percent of its quota of cpu")
}
