# METADATA
# title: Nothing stands in the default namespace
# description: |
#   The default namespace has no owner, quota, network rules or pod security; a forgotten namespace
#   field ends there.
# custom:
#   id: tenancy/default-namespace
#   severity: deny
#   kinds: ["*"]
#   remediation:
#     text: >-
#       Name the namespace of the object's owner.
#     good: |
#       metadata: {namespace: shop}
#     bad: |
#       metadata: {namespace: default}
#   controls:
#     cis: ["5.7.4", "5.7.1"]
#     nsa: ["namespaces"]
#     soc2: ["CC6.1"]
package dharma.tenancy.default_namespace

homeless := {"Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Rollout", "Service", "ServiceAccount"}

deny contains finding if {
	input.object.metadata.namespace == "default"
	finding := {"message": "stands in the default namespace", "path": "metadata.namespace"}
}

deny contains finding if {
	input.object.kind in homeless
	not input.object.metadata.namespace
	finding := {"message": "names no namespace and ends in the default one", "path": "metadata.namespace"}
}
