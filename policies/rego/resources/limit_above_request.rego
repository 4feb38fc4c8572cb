# METADATA
# title: Limits are not below requests
# description: |
#   The API server refuses a pod that may use less than it asks for, and a quantity that it cannot
#   read.
# custom:
#   id: resources/limit-above-request
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Raise the limit or lower the request.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, resources: {requests: {memory: 256Mi}, limits: {memory: 256Mi}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, resources: {requests: {memory: 256Mi}, limits: {memory: 256M}}}]}}}
#   controls:
#     soc2: ["A1.1"]
package dharma.resources.limit_above_request

import data.dharma.lib.objects
import data.dharma.lib.pods
import data.dharma.lib.quantities

deny contains finding if {
	some container in pods.scheduled(input.object)
	some resource, limit in objects.at(container.body, ["resources", "limits"])
	request := container.body.resources.requests[resource]
	quantities.milli(limit) < quantities.milli(request)
	finding := {
		"message": sprintf("container %s requests %v %s and is limited to %v", [container.name, request, resource, limit]),
		"path": sprintf("%s.resources.limits.%s", [container.path, resource]),
	}
}
