# METADATA
# title: Clusters of an environment run neighbouring releases, and later rings never lead
# description: |
#   More than one minor release apart, clusters of an environment serve different APIs. A
#   release that reaches a later ring before any earlier one was rehearsed nowhere.
# custom:
#   id: fleet/version-skew
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Upgrade ring by ring, one minor release at a time.
#     good: |
#       kubernetes: '1.34'
#     bad: |
#       kubernetes: '1.36'
#   controls:
#     soc2: ["CC8.1"]
package dharma.fleet.version_skew

import data.dharma.lib.fleet

deny contains finding if {
	some target in data.fleet.targets
	newest := max({_minor(other) | some other in data.fleet.targets; other.environment == target.environment})
	newest - _minor(target) > 1
	message := sprintf("runs Kubernetes %s, another cluster of %s 1.%d", [target.kubernetes, target.environment, newest])
	finding := fleet.finding(target, "", "", message)
}

deny contains finding if {
	some target in data.fleet.targets
	earlier := {_minor(other) | some other in data.fleet.targets; other.ring < target.ring}
	count(earlier) > 0
	_minor(target) > max(earlier)
	message := sprintf("runs Kubernetes %s, which no earlier ring runs", [target.kubernetes])
	finding := fleet.finding(target, "", "", message)
}

_minor(target) := to_number(split(target.kubernetes, ".")[1])
