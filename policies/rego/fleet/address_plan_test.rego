package dharma.fleet.address_plan_test

import data.dharma.fleet.address_plan

target(name, network) := {"name": name, "environment": split(name, "/")[0], "network": network}

found(targets) := findings if {
	findings := address_plan.deny with data.fleet as {"targets": targets}
}

test_separate_networks_pass if {
	found([
		target("production/a", {"pods": "10.0.0.0/16", "services": "10.1.0.0/16"}),
		target("production/b", {"pods": "10.2.0.0/16", "services": "10.3.0.0/16"}),
	]) == set()
}

test_environments_may_reuse_addresses if {
	found([target("staging/a", {"pods": "10.0.0.0/16"}), target("production/a", {"pods": "10.0.0.0/16"})]) == set()
}

test_clusters_do_not_overlap if {
	found([target("production/a", {"pods": "10.0.0.0/14"}), target("production/b", {"nodes": "10.1.0.0/16"})]) == {{
		"message": "pods 10.0.0.0/14 overlaps nodes 10.1.0.0/16 of production/b",
		"path": "network.pods",
		"target": "production/a",
		"subject": "",
	}}
}

test_networks_of_one_cluster_do_not_overlap if {
	found([target("production/a", {"pods": "10.0.0.0/14", "services": "10.1.0.0/16"})]) == {{
		"message": "pods 10.0.0.0/14 overlaps services 10.1.0.0/16 of production/a",
		"path": "network.pods",
		"target": "production/a",
		"subject": "",
	}}
}
