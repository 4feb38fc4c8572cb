# METADATA
# title: Cost centres are those of the tenants
# description: |
#   A label with another cost centre moves the bill of an object to somebody who did not order it.
# custom:
#   id: tenancy/cost-centre
#   severity: deny
#   kinds: ["*"]
#   remediation:
#     text: >-
#       Take the cost centre from environments/tenants.yaml.
#     good: |
#       metadata: {labels: {dharma.dev/tenant: shop, dharma.dev/cost-centre: cc-2000}}
#     bad: |
#       metadata: {labels: {dharma.dev/tenant: shop, dharma.dev/cost-centre: cc-1000}}
#   controls: {}
package dharma.tenancy.cost_centre

import data.dharma.lib.objects

deny contains finding if {
	said := input.object.metadata.labels["dharma.dev/cost-centre"]
	tenant := input.object.metadata.labels["dharma.dev/tenant"]
	right := input.target.tenants[tenant].costCentre
	said != right
	finding := {
		"message": sprintf("is charged to %v, the tenant %v pays from %v", [said, tenant, right]),
		"path": objects.entry("metadata.labels", "dharma.dev/cost-centre"),
	}
}
