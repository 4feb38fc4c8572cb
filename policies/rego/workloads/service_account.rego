# METADATA
# title: Every workload has an account of its own
# description: |
#   The mesh and the trust engine know a workload by its service account; pods of the default
#   account cannot be told apart.
# custom:
#   id: workloads/service-account
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Name an account that belongs to this workload alone.
#     good: |
#       spec: {template: {spec: {serviceAccountName: web}}}
#     bad: |
#       spec: {template: {spec: {serviceAccountName: default}}}
#   controls:
#     cis: ["5.1.5"]
#     nsa: ["protecting-pod-service-account-tokens"]
#     soc2: ["CC6.1"]
package dharma.workloads.service_account

import data.dharma.lib.pods

deny contains finding if {
	not named
	finding := {
		"message": "runs under the default service account",
		"path": sprintf("%s.serviceAccountName", [pods.path(input.object)]),
	}
}

named if {
	account := pods.template(input.object).spec.serviceAccountName
	not account in {"", "default", null}
}
