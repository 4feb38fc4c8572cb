# METADATA
# title: No role leads to more rights than it grants
# description: |
#   Who may bind or escalate roles, impersonate others, approve certificates, make tokens, talk
#   to kubelets, change webhooks or make volumes of the host has, by a detour, every right of
#   the cluster.
# custom:
#   id: rbac/no-escalation
#   severity: deny
#   kinds: [rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/Role]
#   remediation:
#     text: Leave these grants to the cluster's own controllers.
#     good: |
#       rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get, list, watch]}]
#     bad: |
#       rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate]}]
#   controls:
#     soc2: ["CC6.3"]
#     cis: ["5.1.8", "5.1.9", "5.1.10", "5.1.11", "5.1.12", "5.1.13"]
#     nsa: ["authentication-and-authorization"]
package dharma.rbac.no_escalation

import data.dharma.lib.lists
import data.dharma.lib.rbac

deny contains finding if {
	some number, rule in lists.at(input.object, ["rules"])
	some position, verb in lists.at(rule, ["verbs"])
	verb in {"escalate", "bind", "impersonate", "approve", "sign"}
	finding := {
		"message": sprintf("lets its holders %s", [verb]),
		"path": sprintf("rules[%d].verbs[%d]", [number, position]),
	}
}

deny contains finding if {
	some group, names in _leading
	some resource in names
	some rule in rbac.concerning(input.object, group, resource)
	rbac.some_of(rule.verbs, rbac.writing)
	finding := {
		"message": sprintf("lets its holders change %s", [resource]),
		"path": sprintf("rules[%d].resources", [rule.number]),
	}
}

deny contains finding if {
	some rule in rbac.concerning(input.object, "", "nodes/proxy")
	finding := {
		"message": "lets its holders talk to kubelets past the API server",
		"path": sprintf("rules[%d].resources", [rule.number]),
	}
}

_leading := {
	"": ["persistentvolumes", "serviceaccounts/token"],
	"rbac.authorization.k8s.io": ["clusterroles", "clusterrolebindings", "roles", "rolebindings"],
	"admissionregistration.k8s.io": ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
	"certificates.k8s.io": ["certificatesigningrequests/approval"],
}
