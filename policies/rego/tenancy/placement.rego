# METADATA
# title: A tenant's objects stand in the tenant's namespace
# description: |
#   What a tenant puts into a namespace of the platform or of another tenant runs under their quota,
#   their network rules and their secrets.
# custom:
#   id: tenancy/placement
#   severity: deny
#   kinds: ["*"]
#   remediation:
#     text: >-
#       Move the object into the namespace that has the tenant's name.
#     good: |
#       metadata: {namespace: shop, labels: {dharma.dev/tenant: shop}}
#     bad: |
#       metadata: {namespace: istio-system, labels: {dharma.dev/tenant: shop}}
#   controls:
#     cis: ["5.7.1"]
#     nsa: ["namespaces"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.tenancy.placement

import data.dharma.lib.objects

deny contains finding if {
	tenant := input.object.metadata.labels["dharma.dev/tenant"]
	namespace := input.object.metadata.namespace
	tenant != namespace
	finding := {
		"message": sprintf("belongs to the tenant %v and stands in the namespace %v", [tenant, namespace]),
		"path": "metadata.namespace",
	}
}

deny contains finding if {
	tenant := input.object.metadata.labels["dharma.dev/tenant"]
	tenants := input.target.tenants
	not tenants[tenant]
	finding := {
		"message": sprintf("belongs to the tenant %v, which is not declared", [tenant]),
		"path": objects.entry("metadata.labels", "dharma.dev/tenant"),
	}
}

deny contains finding if {
	input.component.name == "services"
	not input.object.metadata.namespace
	finding := {"message": "belongs to a service and to no namespace", "path": "metadata.namespace"}
}
