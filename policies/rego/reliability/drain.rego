# METADATA
# title: Containers wait before they end
# description: |
#   Endpoints are taken away while the process is being told to end; without a short wait, requests
#   still arrive at a closed port during every update.
# custom:
#   id: reliability/drain
#   severity: warn
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set lifecycle.preStop.sleep to a few seconds.
#     good: |
#       spec: {template: {spec: {containers: [{name: app, ports: [{containerPort: 80}], lifecycle: {preStop: {sleep: {seconds: 5}}}}]}}}
#     bad: |
#       spec: {template: {spec: {containers: [{name: app, ports: [{containerPort: 80}]}]}}}
#   controls: {}
package dharma.reliability.drain

import data.dharma.lib.lists
import data.dharma.lib.pods

warn contains finding if {
	some container in pods.main(input.object)
	count(lists.at(container.body, ["ports"])) > 0
	not container.body.lifecycle.preStop
	finding := {
		"message": sprintf("container %s ends while requests are still sent to it", [container.name]),
		"path": sprintf("%s.lifecycle.preStop", [container.path]),
	}
}
