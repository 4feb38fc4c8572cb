# METADATA
# title: Applications apply on the server and leave others' fields alone
# description: |
#   Applied on the client, large definitions fail and fields of other writers are lost.
#   Differences that are ignored are still overwritten on each sync unless
#   RespectIgnoreDifferences says otherwise.
# custom:
#   id: gitops/sync-options
#   severity: deny
#   kinds: [argoproj.io/Application]
#   remediation:
#     text: Add ServerSideApply=true, and RespectIgnoreDifferences=true where ignoreDifferences is set.
#     good: |
#       spec: {syncPolicy: {syncOptions: [ServerSideApply=true]}}
#     bad: |
#       spec: {ignoreDifferences: [{kind: Rollout, jsonPointers: [/spec/replicas]}], syncPolicy: {syncOptions: []}}
#   controls:
#     soc2: ["CC8.1"]
package dharma.gitops.sync_options

import data.dharma.lib.lists

deny contains {"message": "does not apply on the server", "path": "spec.syncPolicy.syncOptions"} if {
	not "ServerSideApply=true" in _options
}

deny contains {"message": "overwrites fields that it ignores", "path": "spec.syncPolicy.syncOptions"} if {
	count(lists.at(input.object, ["spec", "ignoreDifferences"])) > 0
	not "RespectIgnoreDifferences=true" in _options
}

deny contains finding if {
	some number, option in _options
	option in {"Validate=false", "Force=true", "Replace=true"}
	finding := {
		"message": sprintf("syncs with %s, which deletes or skips checks", [option]),
		"path": sprintf("spec.syncPolicy.syncOptions[%d]", [number]),
	}
}

_options := lists.at(input.object, ["spec", "syncPolicy", "syncOptions"])
