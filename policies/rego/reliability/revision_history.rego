# METADATA
# title: A few revisions are kept to go back to
# description: |
#   Without an old revision nobody can undo a rollout by hand; dozens of them slow every list of the
#   namespace.
# custom:
#   id: reliability/revision-history
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set revisionHistoryLimit between 1 and 10.
#     good: |
#       spec: {revisionHistoryLimit: 3}
#     bad: |
#       spec: {revisionHistoryLimit: 0}
#   controls:
#     soc2: ["CC8.1"]
package dharma.reliability.revision_history

most := 10

deny contains finding if {
	kept := input.object.spec.revisionHistoryLimit
	outside(kept)
	finding := {
		"message": sprintf("keeps %v old revisions", [kept]),
		"path": "spec.revisionHistoryLimit",
	}
}

outside(kept) if kept < 1

outside(kept) if kept > most
