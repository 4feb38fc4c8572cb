# METADATA
# title: Containers have a memory limit
# description: |
#   A container without one takes its node's memory until the kernel kills a process of its choice,
#   often another tenant's.
# custom:
#   id: resources/memory-limit
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set resources.limits.memory.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, resources: {limits: {memory: 256Mi}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, resources: {limits: {}}}]}}}
#   controls:
#     nsa: ["resource-policies"]
#     soc2: ["A1.1"]
package dharma.resources.memory_limit

import data.dharma.lib.pods
import data.dharma.lib.quantities

deny contains finding if {
	some container in pods.scheduled(input.object)
	not limited(container)
	finding := {
		"message": sprintf("container %s has no memory limit", [container.name]),
		"path": sprintf("%s.resources.limits.memory", [container.path]),
	}
}

limited(container) if quantities.milli(container.body.resources.limits.memory) > 0
