# METADATA
# title: Pods have time to drain
# description: |
#   The grace period runs during preStop too: a hook that takes all of it leaves none to finish
#   requests before the process is killed.
# custom:
#   id: reliability/termination-grace
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Raise terminationGracePeriodSeconds well above the hook's wait.
#     good: |
#       spec: {template: {spec: {terminationGracePeriodSeconds: 30, containers: [{name: app, lifecycle: {preStop: {sleep: {seconds: 5}}}}]}}}
#     bad: |
#       spec: {template: {spec: {terminationGracePeriodSeconds: 5, containers: [{name: app, lifecycle: {preStop: {sleep: {seconds: 5}}}}]}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.termination_grace

import data.dharma.lib.lists
import data.dharma.lib.pods
import data.dharma.lib.quantities

deny contains finding if {
	some container in pods.containers(input.object)
	pause := waits(container.body.lifecycle.preStop)
	pause >= grace
	finding := {
		"message": sprintf("container %s waits %v of the %v seconds that it has to end", [container.name, pause, grace]),
		"path": sprintf("%s.terminationGracePeriodSeconds", [pods.path(input.object)]),
	}
}

grace := object.get(pods.template(input.object), ["spec", "terminationGracePeriodSeconds"], 30)

waits(hook) := hook.sleep.seconds

waits(hook) := quantities.whole(words[index + 1]) if {
	words := split(concat(" ", [word | some word in lists.at(hook, ["exec", "command"]); is_string(word)]), " ")
	some index, word in words
	word == "sleep"
}
