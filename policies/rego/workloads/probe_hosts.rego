# METADATA
# title: Probes and hooks ask their own pod
# description: |
#   A host in a probe or lifecycle hook makes the kubelet send requests from the node to any
#   address, past every network policy.
# custom:
#   id: workloads/probe-hosts
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove host; a probe asks the pod's own address.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, livenessProbe: {httpGet: {path: /health, port: 8080}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, livenessProbe: {httpGet: {host: other.example, port: 8080}}}]}}}
#   controls:
#     pss: ["baseline/host-probes-lifecycle-hooks"]
#     soc2: ["CC6.6"]
package dharma.workloads.probe_hosts

import data.dharma.lib.pods

probes := ["livenessProbe", "readinessProbe", "startupProbe"]

hooks := ["postStart", "preStop"]

transports := ["httpGet", "tcpSocket"]

deny contains finding if {
	some container in pods.containers(input.object)
	some place, handler in handlers(container)
	some transport in transports
	handler[transport].host != ""
	finding := {
		"message": sprintf("container %s lets the kubelet ask the host %v", [container.name, handler[transport].host]),
		"path": sprintf("%s.%s.%s.host", [container.path, place, transport]),
	}
}

handlers(container) := object.union(
	{probe: container.body[probe] | some probe in probes},
	{place: container.body.lifecycle[hook] | some hook in hooks; place := sprintf("lifecycle.%s", [hook])},
)
