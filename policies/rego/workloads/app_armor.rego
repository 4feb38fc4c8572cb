# METADATA
# title: AppArmor is not switched off
# description: |
#   The runtime's AppArmor profile keeps a container from writing to the node's kernel interfaces;
#   Unconfined takes it away.
# custom:
#   id: workloads/app-armor
#   severity: deny
#   kinds: [Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, argoproj.io/Rollout]
#   remediation:
#     text: >-
#       Remove the profile or set it to RuntimeDefault or Localhost.
#     good: |
#       spec: {template: {spec: {securityContext: {appArmorProfile: {type: RuntimeDefault}}}}}
#     bad: |
#       spec: {template: {spec: {securityContext: {appArmorProfile: {type: Unconfined}}}}}
#   controls:
#     pss: ["baseline/apparmor"]
#     nsa: ["hardening-container-environments"]
#     soc2: ["CC6.1"]
package dharma.workloads.app_armor

import data.dharma.lib.objects
import data.dharma.lib.pods

allowed := {"RuntimeDefault", "Localhost"}

prefix := "container.apparmor.security.beta.kubernetes.io/"

deny contains finding if {
	some context in pods.contexts(input.object)
	type := context.body.appArmorProfile.type
	not type in allowed
	finding := {
		"message": sprintf("%s has the AppArmor profile %v", [context.owner, type]),
		"path": sprintf("%s.appArmorProfile.type", [context.path]),
	}
}

deny contains finding if {
	some key, profile in objects.at(pods.template(input.object), ["metadata", "annotations"])
	startswith(key, prefix)
	not known(profile)
	finding := {
		"message": sprintf("container %s has the AppArmor profile %v", [trim_prefix(key, prefix), profile]),
		"path": objects.entry(sprintf("%s.annotations", [pods.metadata_path(input.object)]), key),
	}
}

known(profile) if profile == "runtime/default"

known(profile) if {
	is_string(profile)
	startswith(profile, "localhost/")
}
