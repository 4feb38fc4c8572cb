# METADATA
# title: Pod Security Standards are pinned to a release
# description: |
#   `latest`, and a release that the cluster does not have, change with the cluster's next upgrade:
#   pods that ran yesterday are refused.
# custom:
#   id: tenancy/pod-security-version
#   severity: deny
#   kinds: [Namespace]
#   remediation:
#     text: >-
#       Set the -version labels to the cluster's release, such as v1.34.
#     good: |
#       metadata: {labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/enforce-version: v1.34}}
#     bad: |
#       metadata: {labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/enforce-version: latest}}
#   controls:
#     soc2: ["CC8.1"]
package dharma.tenancy.pod_security_version

import data.dharma.lib.objects
import data.dharma.lib.releases

deny contains finding if {
	some mode in ["enforce", "audit", "warn"]
	input.object.metadata.labels[sprintf("pod-security.kubernetes.io/%s", [mode])]
	label := sprintf("pod-security.kubernetes.io/%s-version", [mode])
	not pinned(label)
	finding := {
		"message": sprintf("does not pin the standard that it means by %s", [mode]),
		"path": objects.entry("metadata.labels", label),
	}
}

pinned(label) if {
	version := input.object.metadata.labels[label]
	releases.minor(version) <= releases.minor(input.target.kubernetes)
}
