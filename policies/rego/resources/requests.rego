# METADATA
# title: Containers ask for the CPU and memory that they need
# description: |
#   The scheduler places pods by their requests; without them a node is overfull unseen, the
#   autoscaler has nothing to measure against and the pod is evicted first.
# custom:
#   id: resources/requests
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set resources.requests.cpu and resources.requests.memory.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 256Mi}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, resources: {}}]}}}
#   controls:
#     nsa: ["resource-policies"]
#     soc2: ["A1.1"]
package dharma.resources.requests

import data.dharma.lib.pods
import data.dharma.lib.quantities

deny contains finding if {
	some container in pods.scheduled(input.object)
	some resource in ["cpu", "memory"]
	not asked(container, resource)
	finding := {
		"message": sprintf("container %s requests no %s", [container.name, resource]),
		"path": sprintf("%s.resources.requests.%s", [container.path, resource]),
	}
}

asked(container, resource) if quantities.milli(container.body.resources.requests[resource]) > 0
