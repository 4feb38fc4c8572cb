# METADATA
# title: Pods do not learn every Service of their namespace
# description: |
#   By default the addresses of all Services of a namespace stand in every container's environment:
#   a map for an intruder, a slow start in a large namespace, and a clash with a program's own
#   variables.
# custom:
#   id: workloads/service-links
#   severity: warn
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set enableServiceLinks to false; DNS has the addresses.
#     good: |
#       spec: {template: {spec: {enableServiceLinks: false}}}
#     bad: |
#       spec: {template: {spec: {enableServiceLinks: true}}}
#   controls: {}
package dharma.workloads.service_links

import data.dharma.lib.pods

warn contains finding if {
	not unlinked
	finding := {
		"message": "gets the addresses of all Services of its namespace as variables",
		"path": sprintf("%s.enableServiceLinks", [pods.path(input.object)]),
	}
}

unlinked if pods.template(input.object).spec.enableServiceLinks == false
