# METADATA
# title: Mesh objects use the stable API
# description: |
#   Istio serves v1 since 1.22; the alpha and beta versions of the same kinds are kept for old
#   clients and are converted at every read.
# custom:
#   id: versions/mesh
#   severity: warn
#   kinds: [networking.istio.io/DestinationRule, networking.istio.io/Gateway, networking.istio.io/ServiceEntry, networking.istio.io/Sidecar, networking.istio.io/VirtualService, networking.istio.io/WorkloadEntry, networking.istio.io/WorkloadGroup, security.istio.io/AuthorizationPolicy, security.istio.io/PeerAuthentication, security.istio.io/RequestAuthentication, telemetry.istio.io/Telemetry]
#   remediation:
#     text: >-
#       Change the version to v1; the fields are the same.
#     good: |
#       apiVersion: networking.istio.io/v1
#       kind: Gateway
#     bad: |
#       apiVersion: networking.istio.io/v1beta1
#       kind: Gateway
#   controls: {}
package dharma.versions.mesh

stable := {
	"networking.istio.io": {
		"DestinationRule",
		"Gateway",
		"ServiceEntry",
		"Sidecar",
		"VirtualService",
		"WorkloadEntry",
		"WorkloadGroup",
	},
	"security.istio.io": {"AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"},
	"telemetry.istio.io": {"Telemetry"},
}

warn contains finding if {
	is_string(input.object.apiVersion)
	[group, version] := split(input.object.apiVersion, "/")
	input.object.kind in stable[group]
	version != "v1"
	finding := {
		"message": sprintf("uses %s/%s: use %s/v1", [group, version, group]),
		"path": "apiVersion",
	}
}
