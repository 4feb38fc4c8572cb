# METADATA
# title: Containers take no port of the node
# description: |
#   A host port bypasses Services, the mesh and its authorisation, and allows one replica a node
#   only.
# custom:
#   id: workloads/host-ports
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove hostPort and reach the pod through a Service.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, ports: [{containerPort: 8080}]}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, ports: [{containerPort: 8080, hostPort: 8080}]}]}}}
#   controls:
#     pss: ["baseline/host-ports"]
#     cis: ["5.2.13"]
#     soc2: ["CC6.6"]
package dharma.workloads.host_ports

import data.dharma.lib.lists
import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	some index, port in lists.at(container.body, ["ports"])
	port.hostPort > 0
	finding := {
		"message": sprintf("container %s takes port %v of the node", [container.name, port.hostPort]),
		"path": sprintf("%s.ports[%v].hostPort", [container.path, index]),
	}
}
