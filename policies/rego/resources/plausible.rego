# METADATA
# title: Requests and limits are of the right unit
# description: |
#   `128m` of memory is an eighth of a byte and `500` of CPU are five hundred cores; both are
#   accepted, and the pod never starts.
# custom:
#   id: resources/plausible
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Write memory in Mi or Gi, and parts of a core in m.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: 500m, memory: 128Mi}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: "500", memory: 128m}}}]}}}
#   controls:
#     soc2: ["A1.1"]
package dharma.resources.plausible

import data.dharma.lib.objects
import data.dharma.lib.pods
import data.dharma.lib.quantities

least_memory := 4194304000

most_cpu := 256000

deny contains finding if {
	some container in pods.scheduled(input.object)
	some list in ["requests", "limits"]
	some resource, amount in objects.at(container.body, ["resources", list])
	implausible(resource, quantities.milli(amount))
	finding := {
		"message": sprintf("%s of container %s cannot be meant: %v", [resource, container.name, amount]),
		"path": sprintf("%s.resources.%s.%s", [container.path, list, resource]),
	}
}

implausible(resource, amount) if {
	resource == "memory"
	amount < least_memory
}

implausible(resource, amount) if {
	resource == "cpu"
	amount > most_cpu
}
