# METADATA
# title: Namespaces enforce a Pod Security Standard
# description: |
#   Admission by the API server is the last gate: it also meets pods that were not made from this
#   repository. Tenants live under `restricted`, the platform under a stated level.
# custom:
#   id: tenancy/pod-security
#   severity: deny
#   kinds: [Namespace]
#   remediation:
#     text: >-
#       Label the namespace pod-security.kubernetes.io/enforce: restricted.
#     good: |
#       metadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}
#     bad: |
#       metadata: {labels: {}}
#   controls:
#     cis: ["5.2.1"]
#     nsa: ["pod-security-enforcement"]
#     soc2: ["CC6.1"]
package dharma.tenancy.pod_security

import data.dharma.lib.objects

label := "pod-security.kubernetes.io/enforce"

levels := {"privileged", "baseline", "restricted"}

deny contains finding if {
	not enforced
	finding := {"message": "enforces no Pod Security Standard", "path": objects.entry("metadata.labels", label)}
}

deny contains finding if {
	input.target.tenants[input.object.metadata.name]
	level := input.object.metadata.labels[label]
	level in {"privileged", "baseline"}
	finding := {
		"message": sprintf("enforces %s, a tenant's namespace has restricted", [level]),
		"path": objects.entry("metadata.labels", label),
	}
}

enforced if input.object.metadata.labels[label] in levels
