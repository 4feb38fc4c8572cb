# METADATA
# title: Replicas are protected by a budget that finds them
# description: |
#   Draining a node may take every replica at once where no PodDisruptionBudget selects them;
#   one that selects nothing protects nothing.
# custom:
#   id: fleet/disruption-budgets
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Declare a PodDisruptionBudget with the workload's labels.
#     good: |
#       spec: {selector: {matchLabels: {app: web}}, maxUnavailable: 1}
#     bad: |
#       spec: {selector: {matchLabels: {app: wbe}}, maxUnavailable: 1}
#   controls:
#     soc2: ["A1.2"]
#     gdpr: ["32(1)(b)"]
package dharma.fleet.disruption_budgets

import data.dharma.lib.fleet

deny contains finding if {
	some target in data.fleet.targets
	some key, budget in fleet.of_kind(target, "policy/PodDisruptionBudget")
	namespace := split(key, "/")[0]
	fleet.seen(target, namespace)
	count([1 | some workload in fleet.running(target, namespace); _protects(budget, workload)]) == 0
	finding := fleet.finding(target, sprintf("policy/PodDisruptionBudget/%s", [key]), "spec.selector", "selects no pod")
}

deny contains finding if {
	some target in data.fleet.targets
	some namespace, several in object.get(fleet.workloads, target.name, {})
	some subject, workload in several
	_replicas(target, workload) > 1
	budgets := fleet.within(target, "policy/PodDisruptionBudget", namespace)
	count([1 | some budget in budgets; _protects(budget, workload)]) == 0
	finding := fleet.finding(target, subject, "", "has several replicas and no disruption budget")
}

_protects(budget, workload) if fleet.selects(budget.spec.selector, workload.labels)

_replicas(target, workload) := max(array.concat([object.get(workload.body, ["spec", "replicas"], 1)], scaled)) if {
	scaled := [object.get(scaler, ["spec", "minReplicas"], 1) |
		some scaler in fleet.within(target, "autoscaling/HorizontalPodAutoscaler", workload.namespace)
		scaler.spec.scaleTargetRef.name == workload.name
	]
}
