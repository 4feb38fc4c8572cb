# METADATA
# title: Variables hold no credentials
# description: |
#   A literal value is readable by everybody who may read the repository, the workload or a crash
#   report; a reference to a Secret is not.
# custom:
#   id: secrets/literal-variable
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Put the value into the secret store and refer to it: `secrets:` of the service, or
#       valueFrom.secretKeyRef.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, env: [{name: DATABASE_PASSWORD, valueFrom: {secretKeyRef: {name: web-database, key: password}}}]}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, env: [{name: DATABASE_PASSWORD, value: example}]}]}}}
#   controls:
#     nsa: ["secrets"]
#     cis: ["5.4.2"]
#     soc2: ["CC6.1"]
#     gdpr: ["32(1)(b)"]
package dharma.secrets.literal_variable

import data.dharma.lib.lists
import data.dharma.lib.pods
import data.dharma.lib.sensitive

deny contains finding if {
	some container in pods.containers(input.object)
	some index, variable in lists.at(container.body, ["env"])
	literal(variable)
	finding := {
		"message": sprintf("variable %s of container %s holds a credential", [variable.name, container.name]),
		"path": sprintf("%s.env[%v].value", [container.path, index]),
	}
}

literal(variable) if {
	is_string(variable.value)
	variable.value != ""
	sensitive.name(variable.name)
	not sensitive.reference(variable.value)
}

literal(variable) if sensitive.value(variable.value)
