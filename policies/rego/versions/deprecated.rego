# METADATA
# title: API versions are not deprecated
# description: |
#   A deprecated version still works and says when it will not; changed in time, the upgrade of the
#   cluster needs no change of the platform.
# custom:
#   id: versions/deprecated
#   severity: warn
#   kinds: ["*"]
#   remediation:
#     text: >-
#       Write the object for the version that the message names.
#     good: |
#       apiVersion: networking.k8s.io/v1
#       kind: ServiceCIDR
#     bad: |
#       apiVersion: networking.k8s.io/v1beta1
#       kind: ServiceCIDR
#   controls:
#     nsa: ["upgrading-and-application-security-practices"]
#     soc2: ["CC7.1"]
package dharma.versions.deprecated

import data.dharma.lib.releases

warn contains finding if {
	fate := releases.fate(input.object)
	now := releases.minor(input.target.kubernetes)
	now >= fate.deprecated
	now < fate.removed
	finding := {
		"message": sprintf("uses %s, which goes with Kubernetes 1.%v: use %s", [input.object.apiVersion, fate.removed, fate.use]),
		"path": "apiVersion",
	}
}
