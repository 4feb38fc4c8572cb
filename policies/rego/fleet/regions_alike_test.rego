package dharma.fleet.regions_alike_test

import data.dharma.fleet.regions_alike
import data.dharma.lib.fleet_samples_test as samples

target(name, image, version) := object.union(
	samples.target({"apps/Deployment": {"shop/web": object.union(samples.workload("web"), {
		"apiVersion": version,
		"spec": {"template": {"spec": {"containers": [{"image": image}]}}},
	})}}),
	{"name": name, "environment": split(name, "/")[0]},
)

found(targets) := findings if {
	findings := regions_alike.deny with data.fleet as {"targets": targets}
}

test_the_same_everywhere_passes if {
	found([target("production/a", "web:1", "apps/v1"), target("production/b", "web:1", "apps/v1")]) == set()
}

test_environments_may_differ if {
	found([target("staging/a", "web:2", "apps/v2"), target("production/a", "web:1", "apps/v1")]) == set()
}

test_another_image_is_denied if {
	found([target("production/a", "web:1", "apps/v1"), target("production/b", "web:2", "apps/v1")]) == {
		{
			"message": "runs web:1, regions of production run web:1 and web:2",
			"path": "spec.template.spec.containers",
			"target": "production/a",
			"subject": "apps/Deployment/shop/web",
		},
		{
			"message": "runs web:2, regions of production run web:1 and web:2",
			"path": "spec.template.spec.containers",
			"target": "production/b",
			"subject": "apps/Deployment/shop/web",
		},
	}
}

test_another_version_of_an_api_is_denied if {
	found([target("production/a", "web:1", "apps/v1"), target("production/b", "web:1", "apps/v2")]) == {{
		"message": "regions of production use apps/v1 and apps/v2 of apps/Deployment",
		"path": "apiVersion",
		"target": "",
		"subject": "",
	}}
}
