# METADATA
# title: Namespaces go only when a person confirms it
# description: |
#   Deleting a namespace deletes everything in it, volumes and all; a file that is missing from a
#   branch must not be enough.
# custom:
#   id: tenancy/namespace-kept
#   severity: deny
#   kinds: [Namespace]
#   remediation:
#     text: >-
#       Annotate argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm.
#     good: |
#       metadata: {annotations: {argocd.argoproj.io/sync-options: "Prune=confirm,Delete=confirm"}}
#     bad: |
#       metadata: {annotations: {}}
#   controls:
#     soc2: ["A1.2", "CC8.1"]
#     gdpr: ["32(1)(b)"]
package dharma.tenancy.namespace_kept

import data.dharma.lib.objects

key := "argocd.argoproj.io/sync-options"

deny contains finding if {
	some option in ["Prune=confirm", "Delete=confirm"]
	not option in options
	finding := {
		"message": sprintf("is deleted without asking: %s is missing", [option]),
		"path": objects.entry("metadata.annotations", key),
	}
}

options contains trim_space(option) if {
	is_string(input.object.metadata.annotations[key])
	some option in split(input.object.metadata.annotations[key], ",")
}
