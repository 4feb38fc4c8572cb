# METADATA
# title: Tenants' namespaces are part of the mesh
# description: |
#   Pods of a namespace without injection have no identity: nobody in the mesh accepts their
#   calls, and they accept anybody's.
# custom:
#   id: mesh/namespace-injected
#   severity: deny
#   kinds: [Namespace]
#   remediation:
#     text: Label the namespace istio-injection enabled, or with the revision of the mesh.
#     good: |
#       metadata: {name: shop, labels: {istio-injection: enabled}}
#     bad: |
#       metadata: {name: shop, labels: {istio-injection: disabled}}
#   controls:
#     soc2: ["CC6.1", "CC6.7"]
package dharma.mesh.namespace_injected

deny contains {"message": "is not part of the mesh", "path": "metadata.labels"} if {
	input.target.tenants[input.object.metadata.name]
	not _injected
}

_injected if input.object.metadata.labels["istio-injection"] == "enabled"

_injected if {
	input.object.metadata.labels["istio.io/rev"]
	not input.object.metadata.labels["istio-injection"]
}
