# METADATA
# title: Objects of services say what they are and whose
# description: |
#   Costs, alerts, dashboards and the delivery are told apart by labels; an object without them is
#   paid for and answered for by nobody.
# custom:
#   id: tenancy/labels
#   severity: deny
#   kinds: [Deployment, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout, Service, ServiceAccount, HorizontalPodAutoscaler, PodDisruptionBudget, networking.k8s.io/NetworkPolicy, monitoring.coreos.com/ServiceMonitor, networking.istio.io/VirtualService, networking.istio.io/DestinationRule, networking.istio.io/ServiceEntry, security.istio.io/AuthorizationPolicy]
#   remediation:
#     text: >-
#       Add the labels; objects that the component services declares have them.
#     good: |
#       metadata: {labels: {app.kubernetes.io/name: web, app.kubernetes.io/instance: web, app.kubernetes.io/part-of: shop, app.kubernetes.io/managed-by: dharma, dharma.dev/tenant: shop, dharma.dev/owner: shop, dharma.dev/cost-centre: cc-2000}}
#     bad: |
#       metadata: {labels: {app.kubernetes.io/name: web}}
#   controls:
#     soc2: ["CC6.1"]
package dharma.tenancy.labels

import data.dharma.lib.objects

required := [
	"app.kubernetes.io/name",
	"app.kubernetes.io/instance",
	"app.kubernetes.io/part-of",
	"app.kubernetes.io/managed-by",
	"dharma.dev/tenant",
	"dharma.dev/owner",
	"dharma.dev/cost-centre",
]

deny contains finding if {
	serves
	some label in required
	not said(label)
	finding := {
		"message": sprintf("lacks the label %s", [label]),
		"path": objects.entry("metadata.labels", label),
	}
}

said(label) if {
	value := input.object.metadata.labels[label]
	is_string(value)
	value != ""
}

serves if input.component.name == "services"

serves if {
	not input.component
	objects.tenant(input.object, input.target)
}
