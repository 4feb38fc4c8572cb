# METADATA
# title: Commands hold no credentials
# description: |
#   Arguments stand in the workload, in the node's process list and in every crash report.
# custom:
#   id: secrets/argument
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Put the value into a variable that refers to a Secret and write $(VARIABLE).
#     good: |
#       spec: {template: {spec: {containers: [{name: app, args: ['--password=$(PASSWORD)']}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, args: ['--password=example']}]}}}
#   controls:
#     nsa: ["secrets"]
#     soc2: ["CC6.1"]
#     gdpr: ["32(1)(b)"]
package dharma.secrets.argument

import data.dharma.lib.lists
import data.dharma.lib.pods
import data.dharma.lib.sensitive

deny contains finding if {
	some container in pods.containers(input.object)
	some list in ["command", "args"]
	some index, argument in lists.at(container.body, [list])
	revealing(argument)
	finding := {
		"message": sprintf("%s of container %s hold a credential", [list, container.name]),
		"path": sprintf("%s.%s[%v]", [container.path, list, index]),
	}
}

deny contains finding if {
	some container in pods.containers(input.object)
	some list in ["command", "args"]
	some index, argument in lists.at(container.body, [list])
	is_string(argument)
	startswith(argument, "-")
	sensitive.name(trim_left(argument, "-"))
	value := container.body[list][index + 1]
	is_string(value)
	not startswith(value, "-")
	not sensitive.reference(value)
	finding := {
		"message": sprintf("%s of container %s hold a credential", [list, container.name]),
		"path": sprintf("%s.%s[%v]", [container.path, list, index + 1]),
	}
}

revealing(argument) if sensitive.value(argument)

revealing(argument) if {
	is_string(argument)
	[flag, value] := split(argument, "=")
	sensitive.name(trim_left(flag, "-"))
	value != ""
	not sensitive.reference(value)
}
