# METADATA
# title: Replicas are spread over zones and nodes
# description: |
#   Replicas on one node or in one zone fall together, however many there are.
# custom:
#   id: reliability/topology-spread
#   severity: deny
#   kinds: [Deployment, StatefulSet, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Set topologySpreadConstraints for zone and host name.
#     good: |
#       spec: {template: {spec: {topologySpreadConstraints: [{topologyKey: topology.kubernetes.io/zone, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway}]}}}
#     bad: |
#       spec: {template: {spec: {topologySpreadConstraints: []}}}
#   controls:
#     soc2: ["A1.2"]
package dharma.reliability.topology_spread

import data.dharma.lib.lists
import data.dharma.lib.objects
import data.dharma.lib.pods

domains := {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}

deny contains finding if {
	not pods.single(input.object)
	not spread
	finding := {
		"message": "may run all its replicas on one node",
		"path": sprintf("%s.topologySpreadConstraints", [pods.path(input.object)]),
	}
}

spread if {
	some constraint in lists.at(pods.template(input.object), ["spec", "topologySpreadConstraints"])
	constraint.topologyKey in domains
}

spread if count(objects.at(pods.template(input.object), ["spec", "affinity", "podAntiAffinity"])) > 0
