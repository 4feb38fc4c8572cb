# METADATA
# title: Roles grant what is written in them
# description: |
#   An aggregated role grows with every role that carries its label, and a label that aggregates
#   into admin or view gives its rights to people that nobody looked up.
# custom:
#   id: rbac/no-aggregation
#   severity: deny
#   kinds: [rbac.authorization.k8s.io/ClusterRole]
#   remediation:
#     text: Write the rules into the role and leave out aggregation labels.
#     good: |
#       metadata: {name: reader}
#       rules: [{apiGroups: [apps], resources: [deployments], verbs: [get]}]
#     bad: |
#       aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}
#   controls:
#     soc2: ["CC6.3"]
package dharma.rbac.no_aggregation

deny contains {"message": "takes its rules from other roles", "path": "aggregationRule"} if {
	input.object.aggregationRule
}

deny contains finding if {
	is_object(input.object.metadata.labels)
	some label, _ in input.object.metadata.labels
	startswith(label, "rbac.authorization.k8s.io/aggregate-to-")
	finding := {"message": sprintf("adds its rules to another role by %s", [label]), "path": "metadata.labels"}
}
