# METADATA
# title: Applications follow a deploy branch or an exact version
# description: |
#   HEAD, a range or nothing changes what runs without a commit that says so, past rings and
#   reviews.
# custom:
#   id: gitops/pinned-revision
#   severity: deny
#   kinds: [argoproj.io/Application]
#   remediation:
#     text: Track deploy/<environment>.<region>, or give a chart its exact version.
#     good: |
#       spec: {source: {chart: istiod, targetRevision: 1.30.3}}
#     bad: |
#       spec: {source: {chart: istiod, targetRevision: 1.*}}
#   controls:
#     soc2: ["CC8.1"]
package dharma.gitops.pinned_revision

import data.dharma.lib.lists

deny contains finding if {
	some place in _sources
	object.get(place.source, "chart", "") != ""
	revision := object.get(place.source, "targetRevision", "")
	not _exact(revision)
	finding := {
		"message": sprintf("follows %v of a chart, which is no exact version", [revision]),
		"path": sprintf("%s.targetRevision", [place.path]),
	}
}

deny contains finding if {
	some place in _sources
	object.get(place.source, "chart", "") == ""
	revision := object.get(place.source, "targetRevision", "")
	not _held(revision)
	finding := {
		"message": sprintf("follows %v, which is neither a deploy branch nor a commit", [revision]),
		"path": sprintf("%s.targetRevision", [place.path]),
	}
}

_sources contains {"source": source, "path": "spec.source"} if {
	source := input.object.spec.source
	is_object(source)
}

_sources contains {"source": source, "path": sprintf("spec.sources[%d]", [number])} if {
	some number, source in lists.at(input.object, ["spec", "sources"])
	is_object(source)
}

_exact(revision) if {
	is_string(revision)
	regex.match(`^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$`, revision)
}

_held(revision) if {
	is_string(revision)
	regex.match(`^([0-9a-f]{40}|deploy/[a-z0-9-]+(\.[a-z0-9-]+)+)$`, revision)
}
