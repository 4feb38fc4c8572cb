# METADATA
# title: Pods have a token of the API only where they need one
# description: |
#   A mounted token lets whoever gets into a container ask the API server; by default every pod has
#   one. A controller says so, a tenant's service never has it and projects one with an audience
#   instead.
# custom:
#   id: workloads/service-account-token
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set automountServiceAccountToken to false.
#     good: |
#       spec: {template: {spec: {automountServiceAccountToken: false}}}
#     bad: |
#       spec: {template: {spec: {}}}
#   controls:
#     cis: ["5.1.6"]
#     nsa: ["protecting-pod-service-account-tokens"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.workloads.service_account_token

import data.dharma.lib.objects
import data.dharma.lib.pods

deny contains finding if {
	not stated
	finding := {
		"message": "mounts a token of the API server without saying so",
		"path": sprintf("%s.automountServiceAccountToken", [pods.path(input.object)]),
	}
}

deny contains finding if {
	mounted == true
	objects.tenant(input.object, input.target)
	finding := {
		"message": "mounts a token of the API server in a tenant's namespace",
		"path": sprintf("%s.automountServiceAccountToken", [pods.path(input.object)]),
	}
}

mounted := pods.template(input.object).spec.automountServiceAccountToken

stated if is_boolean(mounted)
