# METADATA
# title: Disruption budgets allow a drain
# description: |
#   A budget that spares nobody stops every node upgrade; one that says nothing, or selects every
#   pod of its namespace, protects nothing or everything at once.
# custom:
#   id: reliability/disruption-budget
#   severity: deny
#   kinds: [PodDisruptionBudget]
#   remediation:
#     text: >-
#       Set maxUnavailable to 1 or more and select the pods of one workload.
#     good: |
#       spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
#     bad: |
#       spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.disruption_budget

import data.dharma.lib.lists
import data.dharma.lib.objects
import data.dharma.lib.quantities

deny contains finding if {
	some field, share in {"maxUnavailable": 0, "minAvailable": 100}
	blocks(field, input.object.spec[field], share)
	finding := {
		"message": sprintf("lets no pod be evicted: %s is %v", [field, input.object.spec[field]]),
		"path": sprintf("spec.%s", [field]),
	}
}

deny contains finding if {
	not limits
	finding := {"message": "says neither maxUnavailable nor minAvailable", "path": "spec"}
}

deny contains finding if {
	not selective
	finding := {"message": "selects every pod of its namespace", "path": "spec.selector"}
}

blocks(field, value, _) if {
	field == "maxUnavailable"
	value == 0
}

blocks(_, value, share) if quantities.percent(value) == share

limits if some field in (object.keys(objects.at(input.object, ["spec"])) & {"maxUnavailable", "minAvailable"})

selective if count(objects.at(input.object, ["spec", "selector", "matchLabels"])) > 0

selective if count(lists.at(input.object, ["spec", "selector", "matchExpressions"])) > 0
