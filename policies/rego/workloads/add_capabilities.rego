# METADATA
# title: Containers add no capability but to bind low ports
# description: |
#   Each capability is a part of root; NET_BIND_SERVICE is the only one that the restricted standard
#   gives back.
# custom:
#   id: workloads/add-capabilities
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove the capability, or listen on a port above 1023.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {capabilities: {drop: [ALL]}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}}}
#   controls:
#     pss: ["restricted/capabilities"]
#     cis: ["5.2.9"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.workloads.add_capabilities

import data.dharma.lib.lists
import data.dharma.lib.pods

deny contains finding if {
	some container in pods.containers(input.object)
	some index, capability in lists.at(container.body, ["securityContext", "capabilities", "add"])
	capability != "NET_BIND_SERVICE"
	finding := {
		"message": sprintf("container %s adds the capability %v", [container.name, capability]),
		"path": sprintf("%s.securityContext.capabilities.add[%v]", [container.path, index]),
	}
}
