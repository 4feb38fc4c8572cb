# METADATA
# title: Service accounts hand out no token by themselves
# description: |
#   A pod that says nothing takes its account's word; an account that says nothing mounts its token
#   into every such pod.
# custom:
#   id: workloads/account-automount
#   severity: deny
#   kinds: [ServiceAccount]
#   remediation:
#     text: >-
#       Set automountServiceAccountToken to false on the account; a pod that needs the token says so
#       itself.
#     good: |
#       automountServiceAccountToken: false
#     bad: |
#       automountServiceAccountToken: true
#   controls:
#     cis: ["5.1.6"]
#     nsa: ["protecting-pod-service-account-tokens"]
#     soc2: ["CC6.1", "CC6.3"]
package dharma.workloads.account_automount

deny contains finding if {
	not withheld
	finding := {
		"message": "mounts its token into every pod that does not refuse it",
		"path": "automountServiceAccountToken",
	}
}

withheld if input.object.automountServiceAccountToken == false
