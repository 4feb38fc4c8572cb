# METADATA
# title: Only administrators read secrets
# description: |
#   Who reads a secret is whoever it identifies. Listing and watching return the values too.
#   Administrators' roles are known by their names, which end in -admin.
# custom:
#   id: rbac/secrets-for-admins
#   severity: deny
#   kinds: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   remediation:
#     text: Take secrets out of the role, or give the rights to an administrators' role.
#     good: |
#       metadata: {name: tenant-viewer}
#       rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]
#     bad: |
#       metadata: {name: tenant-viewer}
#       rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]
#   controls:
#     soc2: ["CC6.1", "CC6.3"]
#     cis: ["5.1.2"]
#     gdpr: ["32(1)(b)"]
package dharma.rbac.secrets_for_admins

import data.dharma.lib.rbac

deny contains finding if {
	not _administrative(input.object.metadata.name)
	some rule in rbac.concerning(input.object, "", "secrets")
	rbac.some_of(rule.verbs, rbac.reading)
	finding := {
		"message": "lets people who are no administrators read secrets",
		"path": sprintf("rules[%d].resources", [rule.number]),
	}
}

_administrative(name) if {
	is_string(name)
	endswith(name, "-admin")
}
