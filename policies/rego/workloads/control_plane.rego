# METADATA
# title: Tenants stay off the control plane and its priorities
# description: |
#   A tenant's pod on a control-plane node sits beside etcd, and one with a system priority evicts
#   the platform's own.
# custom:
#   id: workloads/control-plane
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove the toleration, node name or system priority.
#     good: |
#       spec: {template: {spec: {tolerations: [{key: example.org/gpu, operator: Exists}]}}}
#     bad: |
#       spec: {template: {spec: {tolerations: [{operator: Exists}]}}}
#   controls:
#     soc2: ["CC6.1"]
package dharma.workloads.control_plane

import data.dharma.lib.lists
import data.dharma.lib.objects
import data.dharma.lib.pods

taints := {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}

deny contains finding if {
	objects.tenant(input.object, input.target)
	some index, toleration in lists.at(pods.template(input.object), ["spec", "tolerations"])
	everywhere(toleration)
	finding := {
		"message": "tolerates the control plane's nodes",
		"path": sprintf("%s.tolerations[%v]", [pods.path(input.object), index]),
	}
}

deny contains finding if {
	objects.tenant(input.object, input.target)
	some field in ["nodeName", "priorityClassName"]
	value := pods.template(input.object).spec[field]
	reserved(field, value)
	finding := {
		"message": sprintf("sets %s to %v", [field, value]),
		"path": sprintf("%s.%s", [pods.path(input.object), field]),
	}
}

everywhere(toleration) if toleration.key in taints

everywhere(toleration) if {
	toleration.operator == "Exists"
	not toleration.key
}

reserved(field, value) if {
	field == "priorityClassName"
	is_string(value)
	startswith(value, "system-")
}

reserved(field, value) if {
	field == "nodeName"
	value != ""
}
