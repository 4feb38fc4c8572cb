# METADATA
# title: Namespaces have an owner who can be reached
# description: |
#   Whoever finds a fault or a bill in a namespace needs to know whose it is; a tenant's namespace
#   also names its cost centre and a contact.
# custom:
#   id: tenancy/namespace-owner
#   severity: deny
#   kinds: [Namespace]
#   remediation:
#     text: >-
#       Declare the tenant with contact and cost centre in environments/tenants.yaml.
#     good: |
#       metadata: {labels: {dharma.dev/owner: shop, dharma.dev/tenant: shop, dharma.dev/cost-centre: cc-2000}, annotations: {dharma.dev/contact: shop@platform.example}}
#     bad: |
#       metadata: {labels: {}}
#   controls:
#     nsa: ["namespaces"]
package dharma.tenancy.namespace_owner

import data.dharma.lib.objects

deny contains finding if {
	some label in wanted
	not said("labels", label)
	finding := {
		"message": sprintf("lacks the label %s", [label]),
		"path": objects.entry("metadata.labels", label),
	}
}

deny contains finding if {
	tenant
	not said("annotations", "dharma.dev/contact")
	finding := {
		"message": "names nobody to talk to",
		"path": objects.entry("metadata.annotations", "dharma.dev/contact"),
	}
}

tenant if input.target.tenants[input.object.metadata.name]

wanted contains "dharma.dev/owner"

wanted contains label if {
	tenant
	some label in ["dharma.dev/tenant", "dharma.dev/cost-centre"]
}

said(list, key) if {
	value := input.object.metadata[list][key]
	is_string(value)
	value != ""
}
