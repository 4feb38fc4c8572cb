# METADATA
# title: Applications are installed after what they need
# description: |
#   An Application that comes before the namespace it fills, or before a component that its own
#   one requires, fails on the first install of a cluster, which is a day when nobody has time.
# custom:
#   id: fleet/sync-order
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Let the sync wave follow the component's level, ten waves a level.
#     good: |
#       metadata: {annotations: {argocd.argoproj.io/sync-wave: '39'}}
#     bad: |
#       metadata: {annotations: {argocd.argoproj.io/sync-wave: '0'}}
#   controls:
#     soc2: ["CC8.1"]
package dharma.fleet.sync_order

import data.dharma.lib.fleet

deny contains finding if {
	some target in data.fleet.targets
	some key, application in fleet.of_kind(target, "argoproj.io/Application")
	not _wave(application)
	subject := sprintf("argoproj.io/Application/%s", [key])
	finding := fleet.finding(target, subject, "metadata.annotations", "says no sync wave")
}

deny contains finding if {
	some target in data.fleet.targets
	some key, application in fleet.of_kind(target, "argoproj.io/Application")
	namespace := fleet.within(target, "/Namespace", "")[application.spec.destination.namespace]
	maker := namespace.metadata.labels["app.kubernetes.io/component"]
	not _belongs(target, application, maker)
	made := _waves[target.name][maker]
	_wave(application) <= max(made)
	message := sprintf("is synced before its namespace %s, which %s makes", [namespace.metadata.name, maker])
	subject := sprintf("argoproj.io/Application/%s", [key])
	finding := fleet.finding(target, subject, "metadata.annotations", message)
}

deny contains finding if {
	some target in data.fleet.targets
	some key, application in fleet.of_kind(target, "argoproj.io/Application")
	own := _component(target, application)
	some earlier, waves in _waves[target.name]
	target.components[earlier].level < target.components[own].level
	_wave(application) <= max(waves)
	message := sprintf("is synced before component %s, which comes first", [earlier])
	subject := sprintf("argoproj.io/Application/%s", [key])
	finding := fleet.finding(target, subject, "metadata.annotations", message)
}

_waves[target.name][component] contains wave if {
	some target in data.fleet.targets
	some application in fleet.of_kind(target, "argoproj.io/Application")
	component := _component(target, application)
	wave := _wave(application)
}

_wave(application) := to_number(text) if {
	text := application.metadata.annotations["argocd.argoproj.io/sync-wave"]
	regex.match(`^-?[0-9]+$`, text)
}

_belongs(target, application, component) if _component(target, application) == component

# The component whose generated folder an Application syncs.
_component(target, application) := split(parts[1], "/")[0] if {
	parts := split(application.spec.source.path, sprintf("/%s/", [target.name]))
	count(parts) == 2
}
