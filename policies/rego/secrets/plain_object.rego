# METADATA
# title: No Secret stands in the generated tree
# description: |
#   The data of a Secret are encoded, not encrypted; who may read the repository has them, for ever.
# custom:
#   id: secrets/plain-object
#   severity: deny
#   kinds: [Secret]
#   absent: true
#   remediation:
#     text: >-
#       Keep the value in the secret store and let an ExternalSecret or a bootstrap step write the
#       Secret.
#     good: |
#       type: kubernetes.io/service-account-token
#     bad: |
#       data: {password: ZXhhbXBsZQ==}
#   controls:
#     nsa: ["secrets"]
#     cis: ["5.4.2"]
#     soc2: ["CC6.1"]
#     gdpr: ["32(1)(b)"]
package dharma.secrets.plain_object

import data.dharma.lib.objects

deny contains finding if {
	some field in ["data", "stringData"]
	count(objects.at(input.object, [field])) > 0
	finding := {"message": "is a Secret with its values in the repository", "path": field}
}
