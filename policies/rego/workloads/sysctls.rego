# METADATA
# title: Only kernel settings of the pod's own are changed
# description: |
#   A sysctl outside the safe set is shared by all pods of a node or weakens their isolation.
# custom:
#   id: workloads/sysctls
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove the sysctl or set it on the node.
#     good: |
#       spec: {template: {spec: {securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: "1"}]}}}}
#     bad: |
#       spec: {template: {spec: {securityContext: {sysctls: [{name: kernel.msgmax, value: "65536"}]}}}}
#   controls:
#     pss: ["baseline/sysctls"]
#     soc2: ["CC6.1"]
package dharma.workloads.sysctls

import data.dharma.lib.lists
import data.dharma.lib.pods

safe := {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem",
}

deny contains finding if {
	some index, sysctl in lists.at(pods.template(input.object), ["spec", "securityContext", "sysctls"])
	name := sysctl.name
	not name in safe
	finding := {
		"message": sprintf("sets the unsafe sysctl %v", [name]),
		"path": sprintf("%s.securityContext.sysctls[%v].name", [pods.path(input.object), index]),
	}
}
