package dharma.gitops.known_project_test

import data.dharma.gitops.known_project

found(spec) := findings if {
	findings := known_project.deny with input as {"object": {"spec": spec}}
}

here := {"server": "https://kubernetes.default.svc", "namespace": "shop"}

test_a_project_and_a_place_pass if {
	found({"project": "shop", "destination": here}) == set()
	found({"project": "shop", "destination": {"name": "prod-a", "namespace": "shop"}}) == set()
}

test_the_default_project_is_denied if {
	unbounded := {{"message": "is in no project that bounds it", "path": "spec.project"}}
	found({"project": "default", "destination": here}) == unbounded
	found({"project": "", "destination": here}) == unbounded
	found({"destination": here}) == unbounded
}

test_a_cluster_must_be_named if {
	nowhere := {{"message": "names no cluster", "path": "spec.destination"}}
	found({"project": "shop", "destination": {"server": "*", "namespace": "shop"}}) == nowhere
	found({"project": "shop", "destination": {"namespace": "shop"}}) == nowhere
	found({"project": "shop", "destination": {"server": 7, "namespace": "shop"}}) == nowhere
}

test_objects_may_say_their_own_namespaces if {
	found({"project": "shop", "destination": {"server": "https://kubernetes.default.svc"}}) == set()
}

test_a_pattern_is_no_namespace if {
	found({"project": "shop", "destination": object.union(here, {"namespace": "shop-*"})}) == {{
		"message": "chooses namespaces by a pattern",
		"path": "spec.destination.namespace",
	}}
}
