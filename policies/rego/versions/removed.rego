# METADATA
# title: API versions are served by the cluster
# description: |
#   A removed version is refused at synchronisation, and what was already applied can no longer be
#   changed.
# custom:
#   id: versions/removed
#   severity: deny
#   kinds: ["*"]
#   remediation:
#     text: >-
#       Write the object for the version that the message names; its fields may differ.
#     good: |
#       apiVersion: policy/v1
#       kind: PodDisruptionBudget
#     bad: |
#       apiVersion: policy/v1beta1
#       kind: PodDisruptionBudget
#   controls:
#     nsa: ["upgrading-and-application-security-practices"]
#     soc2: ["CC7.1"]
package dharma.versions.removed

import data.dharma.lib.releases

deny contains finding if {
	fate := releases.fate(input.object)
	releases.minor(input.target.kubernetes) >= fate.removed
	finding := {
		"message": sprintf("uses %s, which Kubernetes removed in 1.%v: use %s", [input.object.apiVersion, fate.removed, fate.use]),
		"path": "apiVersion",
	}
}
