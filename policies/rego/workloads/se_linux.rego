# METADATA
# title: SELinux labels are those of containers
# description: |
#   Another type, user or role than a container's takes SELinux's walls between pods and node away.
# custom:
#   id: workloads/se-linux
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove user and role and use a type of containers.
#     good: |
#       spec: {template: {spec: {securityContext: {seLinuxOptions: {type: container_t}}}}}
#     bad: |
#       spec: {template: {spec: {securityContext: {seLinuxOptions: {type: spc_t}}}}}
#   controls:
#     pss: ["baseline/selinux"]
#     nsa: ["hardening-container-environments"]
#     soc2: ["CC6.1"]
package dharma.workloads.se_linux

import data.dharma.lib.pods

types := {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

deny contains finding if {
	some context in pods.contexts(input.object)
	type := context.body.seLinuxOptions.type
	not type in types
	finding := {
		"message": sprintf("%s has the SELinux type %v", [context.owner, type]),
		"path": sprintf("%s.seLinuxOptions.type", [context.path]),
	}
}

deny contains finding if {
	some context in pods.contexts(input.object)
	some field in ["user", "role"]
	context.body.seLinuxOptions[field] != ""
	finding := {
		"message": sprintf("%s sets the SELinux %s", [context.owner, field]),
		"path": sprintf("%s.seLinuxOptions.%s", [context.path, field]),
	}
}
