# METADATA
# title: Containers of a pod do not see each other's processes
# description: |
#   In a shared process namespace every container, the mesh's proxy among them, can signal the
#   others and read their environment and files.
# custom:
#   id: workloads/process-namespace
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove shareProcessNamespace.
#     good: |
#       spec: {template: {spec: {shareProcessNamespace: false}}}
#     bad: |
#       spec: {template: {spec: {shareProcessNamespace: true}}}
#   controls:
#     nsa: ["pod-security-enforcement"]
#     soc2: ["CC6.1"]
package dharma.workloads.process_namespace

import data.dharma.lib.pods

deny contains finding if {
	pods.template(input.object).spec.shareProcessNamespace == true
	finding := {
		"message": "shares one process namespace among its containers",
		"path": sprintf("%s.shareProcessNamespace", [pods.path(input.object)]),
	}
}
