# METADATA
# title: Workloads and rollouts find what they name
# description: |
#   A pod whose service account is missing is never made; a rollout whose Services, route or
#   analysis are missing stops half way.
# custom:
#   id: fleet/workload-references
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Declare the missing object in the workload's namespace, or correct the name.
#     good: |
#       spec: {strategy: {canary: {stableService: web-stable, canaryService: web-canary}}}
#     bad: |
#       spec: {strategy: {canary: {stableService: wbe-stable}}}
#   controls:
#     soc2: ["CC8.1"]
package dharma.fleet.workload_references

import data.dharma.lib.fleet
import data.dharma.lib.lists

deny contains finding if {
	some target in data.fleet.targets
	some namespace, several in object.get(fleet.workloads, target.name, {})
	some subject, workload in several
	some reference in _references(workload)
	not fleet.within(target, reference.kind, namespace)[reference.name]
	message := sprintf("names %s %s, which is not there", [split(reference.kind, "/")[1], reference.name])
	finding := fleet.finding(target, subject, reference.path, message)
}

_references(workload) := array.concat(_account(workload), array.concat(_strategy(workload), _analyses(workload)))

_account(workload) := [reference |
	name := workload.body.spec.template.spec.serviceAccountName
	name != "default"
	reference := {"kind": "/ServiceAccount", "name": name, "path": "spec.template.spec.serviceAccountName"}
]

_strategy(workload) := [{"kind": kind, "name": name, "path": concat(".", array.concat(["spec", "strategy"], path))} |
	some kind, paths in _paths
	some path in paths
	name := object.get(workload.body, array.concat(["spec", "strategy"], path), null)
	is_string(name)
]

_paths := {
	"/Service": [
		["canary", "stableService"],
		["canary", "canaryService"],
		["blueGreen", "activeService"],
		["blueGreen", "previewService"],
	],
	"networking.istio.io/VirtualService": [["canary", "trafficRouting", "istio", "virtualService", "name"]],
}

_analyses(workload) := [{"kind": "argoproj.io/AnalysisTemplate", "name": template.templateName, "path": path} |
	some place in array.concat(_steps(workload), _promotions(workload))
	some number, template in lists.at(place.analysis, ["templates"])
	not template.clusterScope
	path := sprintf("%s.templates[%d].templateName", [place.path, number])
]

_steps(workload) := [{"analysis": step.analysis, "path": sprintf("spec.strategy.canary.steps[%d].analysis", [number])} |
	some number, step in lists.at(workload.body, ["spec", "strategy", "canary", "steps"])
	step.analysis
]

_promotions(workload) := [{"analysis": analysis, "path": sprintf("spec.strategy.blueGreen.%s", [name])} |
	some name in ["prePromotionAnalysis", "postPromotionAnalysis"]
	analysis := object.get(workload.body, ["spec", "strategy", "blueGreen", name], null)
	is_object(analysis)
]
