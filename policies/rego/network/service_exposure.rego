# METADATA
# title: Only the mesh gateway is reached from outside
# description: |
#   A Service that a node or a load balancer answers for bypasses the gateway, and with it TLS,
#   authorization and logs; so does an Ingress. External names and addresses send callers where
#   nobody looked.
# custom:
#   id: network/service-exposure
#   severity: deny
#   kinds: [Service, networking.k8s.io/Ingress]
#   remediation:
#     text: Give the Service type ClusterIP and expose it by a VirtualService at a gateway.
#     good: |
#       spec: {type: ClusterIP}
#     bad: |
#       spec: {type: LoadBalancer}
#   controls:
#     soc2: ["CC6.6"]
#     nsa: ["network-separation"]
package dharma.network.service_exposure

import data.dharma.lib.lists
import data.dharma.lib.mesh

deny contains finding if {
	input.object.kind == "Service"
	input.object.spec.type in {"LoadBalancer", "NodePort"}
	not mesh.at_gateway(input.object)
	finding := {
		"message": sprintf("is reached from outside by type %s", [input.object.spec.type]),
		"path": "spec.type",
	}
}

deny contains {"message": "sends callers to a name outside the cluster", "path": "spec.type"} if {
	input.object.kind == "Service"
	input.object.spec.type == "ExternalName"
}

deny contains {"message": "answers for addresses that are not its own", "path": "spec.externalIPs"} if {
	input.object.kind == "Service"
	count(lists.at(input.object, ["spec", "externalIPs"])) > 0
}

deny contains {"message": "exposes a service without the mesh gateway", "path": ""} if {
	input.object.kind == "Ingress"
}
