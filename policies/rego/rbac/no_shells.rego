# METADATA
# title: No role opens shells in containers
# description: |
#   A shell leaves no trace in git, sees every secret of its container, and changes what nobody
#   reviewed. Debug containers and attaching are shells by other names.
# custom:
#   id: rbac/no-shells
#   severity: deny
#   kinds: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   remediation:
#     text: Leave out pods/exec, pods/attach and pods/ephemeralcontainers; read logs instead.
#     good: |
#       rules: [{apiGroups: [''], resources: [pods/log], verbs: [get]}]
#     bad: |
#       rules: [{apiGroups: [''], resources: [pods/exec], verbs: [create]}]
#   controls:
#     soc2: ["CC6.3", "CC8.1"]
#     nsa: ["authentication-and-authorization"]
package dharma.rbac.no_shells

import data.dharma.lib.rbac

deny contains finding if {
	some resource in ["pods/exec", "pods/attach", "pods/ephemeralcontainers"]
	some rule in rbac.concerning(input.object, "", resource)
	count(rule.verbs) > 0
	finding := {
		"message": sprintf("opens shells by %s", [resource]),
		"path": sprintf("rules[%d].resources", [rule.number]),
	}
}
