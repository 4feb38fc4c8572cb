package dharma.gitops.pinned_revision_test

import data.dharma.gitops.pinned_revision

found(source) := findings if {
	findings := pinned_revision.deny with input as {"object": {"spec": {"source": source}}}
}

test_an_exact_version_passes if {
	every version in ["1.30.3", "v2.0.0", "1.0.0-rc.1", "1.0.0+build"] {
		found({"chart": "istiod", "targetRevision": version}) == set()
	}
}

test_deploy_branches_and_commits_pass if {
	found({"targetRevision": "deploy/production.region-a"}) == set()
	found({"targetRevision": "deploy/production.region-a.blue"}) == set()
	found({"targetRevision": "0123456789abcdef0123456789abcdef01234567"}) == set()
}

test_ranges_are_denied if {
	every version in ["*", "^1.0.0", "~1.2", "1.x", "1.30", ">=1.0.0", ""] {
		found({"chart": "istiod", "targetRevision": version}) == {{
			"message": sprintf("follows %s of a chart, which is no exact version", [version]),
			"path": "spec.source.targetRevision",
		}}
	}
}

test_moving_branches_are_denied if {
	every revision in ["HEAD", "main", "", "deploy/"] {
		found({"targetRevision": revision}) == {{
			"message": sprintf("follows %s, which is neither a deploy branch nor a commit", [revision]),
			"path": "spec.source.targetRevision",
		}}
	}
	count(found({"path": "generated"})) == 1
}

test_each_of_several_sources_is_looked_at if {
	sources := [{"chart": "a", "targetRevision": "1.0.0"}, {"targetRevision": "HEAD"}]
	found_several := pinned_revision.deny with input as {"object": {"spec": {"sources": sources}}}
	found_several == {{
		"message": "follows HEAD, which is neither a deploy branch nor a commit",
		"path": "spec.sources[1].targetRevision",
	}}
}
