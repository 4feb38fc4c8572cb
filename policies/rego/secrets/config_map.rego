# METADATA
# title: ConfigMaps hold no credentials
# description: |
#   ConfigMaps are read by many, stored unencrypted and printed into logs.
# custom:
#   id: secrets/config-map
#   severity: deny
#   kinds: [ConfigMap]
#   absent: true
#   remediation:
#     text: >-
#       Put the value into the secret store and refer to it.
#     good: |
#       data: {log: json}
#     bad: |
#       data: {password: example}
#   controls:
#     nsa: ["secrets"]
#     soc2: ["CC6.1"]
#     gdpr: ["32(1)(b)"]
package dharma.secrets.config_map

import data.dharma.lib.objects
import data.dharma.lib.sensitive

deny contains finding if {
	some key, value in objects.at(input.object, ["data"])
	revealing(key, value)
	finding := {
		"message": sprintf("%s holds a credential", [key]),
		"path": objects.entry("data", key),
	}
}

revealing(key, value) if {
	value != ""
	sensitive.name(key)
}

revealing(_, value) if sensitive.value(value)
