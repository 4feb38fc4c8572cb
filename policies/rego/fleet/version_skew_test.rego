package dharma.fleet.version_skew_test

import data.dharma.fleet.version_skew

found(versions) := findings if {
	findings := version_skew.deny with data.fleet as {"targets": [
	{"name": name, "environment": split(name, "/")[0], "ring": at[0], "kubernetes": at[1]} |
		some name, at in versions
	]}
}

says(name, message) := {{"message": message, "path": "", "target": name, "subject": ""}}

test_neighbouring_releases_pass if {
	found({"staging/a": [1, "1.34"], "production/a": [2, "1.34"], "production/b": [3, "1.33"]}) == set()
	found({"production/a": [3, "1.34"]}) == set()
}

test_clusters_far_apart_are_denied if {
	found({"production/a": [2, "1.34"], "production/b": [3, "1.32"]}) == says(
		"production/b",
		"runs Kubernetes 1.32, another cluster of production 1.34",
	)
}

test_a_later_ring_does_not_lead if {
	found({"staging/a": [1, "1.33"], "production/a": [2, "1.34"]}) == says(
		"production/a",
		"runs Kubernetes 1.34, which no earlier ring runs",
	)
}
