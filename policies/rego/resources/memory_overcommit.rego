# METADATA
# title: Memory limits stay near requests
# description: |
#   Memory beyond the request is not reserved: a node full of pods that may use several times what
#   they asked for kills some of them under load.
# custom:
#   id: resources/memory-overcommit
#   severity: warn
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Request what the container uses at its busiest and limit it near that.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, resources: {requests: {memory: 4Gi}, limits: {memory: 6Gi}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, resources: {requests: {memory: 1Gi}, limits: {memory: 6Gi}}}]}}}
#   controls:
#     nsa: ["resource-policies"]
#     soc2: ["A1.1"]
package dharma.resources.memory_overcommit

import data.dharma.lib.pods
import data.dharma.lib.quantities

factor := 2

warn contains finding if {
	some container in pods.scheduled(input.object)
	limit := container.body.resources.limits.memory
	request := container.body.resources.requests.memory
	quantities.milli(limit) > factor * quantities.milli(request)
	finding := {
		"message": sprintf("container %s may use more than twice the memory it requests: %v of %v", [container.name, limit, request]),
		"path": sprintf("%s.resources.limits.memory", [container.path]),
	}
}
