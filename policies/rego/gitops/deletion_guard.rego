# METADATA
# title: What holds data is deleted only when somebody confirms
# description: |
#   Argo CD prunes what git no longer has, and deletes what an Application made; a namespace or
#   a volume takes all its data with it.
# custom:
#   id: gitops/deletion-guard
#   severity: deny
#   kinds: [Namespace, PersistentVolumeClaim, StatefulSet]
#   remediation:
#     text: Annotate it with argocd.argoproj.io/sync-options Prune=confirm,Delete=confirm, and retain
#       the volumes of a StatefulSet.
#     good: |
#       metadata: {annotations: {argocd.argoproj.io/sync-options: 'Prune=confirm,Delete=confirm'}}
#     bad: |
#       metadata: {annotations: {}}
#   controls:
#     soc2: ["A1.2", "CC8.1"]
#     gdpr: ["32(1)(b)"]
package dharma.gitops.deletion_guard

import data.dharma.lib.lists

deny contains finding if {
	_holds_data
	some verb in ["Prune", "Delete"]
	not _guarded(verb)
	finding := {
		"message": sprintf("lacks %s=confirm, so that nobody is asked", [verb]),
		"path": "metadata.annotations",
	}
}

deny contains finding if {
	input.object.kind == "StatefulSet"
	some field in ["whenDeleted", "whenScaled"]
	input.object.spec.persistentVolumeClaimRetentionPolicy[field] == "Delete"
	finding := {
		"message": "deletes volumes with their pods",
		"path": sprintf("spec.persistentVolumeClaimRetentionPolicy.%s", [field]),
	}
}

_holds_data if input.object.kind in {"Namespace", "PersistentVolumeClaim"}

_holds_data if {
	input.object.kind == "StatefulSet"
	count(lists.at(input.object, ["spec", "volumeClaimTemplates"])) > 0
}

_options contains trim_space(option) if {
	text := input.object.metadata.annotations["argocd.argoproj.io/sync-options"]
	is_string(text)
	some option in split(text, ",")
}

_guarded(verb) if {
	some value in ["confirm", "false"]
	sprintf("%s=%s", [verb, value]) in _options
}
