# METADATA
# title: Pods carry the labels of their workload's owner
# description: |
#   Costs and network rules see pods, not workloads; a pod labelled for another tenant is paid for
#   by the wrong one.
# custom:
#   id: tenancy/pod-labels
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Copy tenant, owner and cost centre into the pod template's labels.
#     good: |
#       metadata: {labels: {dharma.dev/tenant: shop}}
#       spec: {template: {metadata: {labels: {dharma.dev/tenant: shop}}}}
#     bad: |
#       metadata: {labels: {dharma.dev/tenant: shop}}
#       spec: {template: {metadata: {labels: {}}}}
#   controls: {}
package dharma.tenancy.pod_labels

import data.dharma.lib.objects
import data.dharma.lib.pods

shared := ["dharma.dev/tenant", "dharma.dev/owner", "dharma.dev/cost-centre"]

deny contains finding if {
	some label in shared
	value := input.object.metadata.labels[label]
	not carried(label, value)
	finding := {
		"message": sprintf("does not give its pods the label %s: %v", [label, value]),
		"path": objects.entry(sprintf("%s.labels", [pods.metadata_path(input.object)]), label),
	}
}

carried(label, value) if pods.template(input.object).metadata.labels[label] == value
