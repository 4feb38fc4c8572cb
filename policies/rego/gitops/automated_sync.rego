# METADATA
# title: Applications sync by themselves and undo drift
# description: |
#   Without self-healing a change by hand stays until somebody notices, and without pruning what
#   git no longer has keeps running. Applications of definitions alone keep what they made, by
#   the option Prune=false. A sync of nothing must not empty the cluster.
# custom:
#   id: gitops/automated-sync
#   severity: deny
#   kinds: [argoproj.io/Application]
#   remediation:
#     text: Set syncPolicy.automated to prune and selfHeal, without allowEmpty, and bound the retries.
#     good: |
#       spec: {syncPolicy: {automated: {prune: true, selfHeal: true}, retry: {limit: 5}}}
#     bad: |
#       spec: {syncPolicy: {}}
#   controls:
#     soc2: ["CC8.1"]
package dharma.gitops.automated_sync

import data.dharma.lib.lists

deny contains {"message": "does not undo drift", "path": "spec.syncPolicy.automated.selfHeal"} if {
	not input.object.spec.syncPolicy.automated.selfHeal == true
}

deny contains {"message": "keeps what git no longer has", "path": "spec.syncPolicy.automated.prune"} if {
	not input.object.spec.syncPolicy.automated.prune == true
	not "Prune=false" in lists.at(input.object, ["spec", "syncPolicy", "syncOptions"])
}

deny contains {"message": "may be emptied by a sync of nothing", "path": "spec.syncPolicy.automated.allowEmpty"} if {
	input.object.spec.syncPolicy.automated.allowEmpty == true
}

deny contains {"message": "retries for ever", "path": "spec.syncPolicy.retry.limit"} if {
	input.object.spec.syncPolicy.retry.limit < 0
}
