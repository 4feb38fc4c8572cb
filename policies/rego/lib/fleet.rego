# The fleet by what its objects are found by, so that rules look things up instead of searching.
package dharma.lib.fleet

import data.dharma.lib.lists
import data.dharma.lib.mesh

# Objects by target, kind, namespace and name.
named[target.name][kind][namespace][name] := body if {
	some target in data.fleet.targets
	some kind, several in target.objects
	some key, body in several
	[namespace, name] := split(key, "/")
}

# Objects of a kind in a namespace, by name.
within(target, kind, namespace) := object.get(named, [target.name, kind, namespace], {})

# Objects of a kind in any namespace, by namespace/name.
of_kind(target, kind) := object.get(target.objects, kind, {})

workload_kinds := ["apps/DaemonSet", "apps/Deployment", "apps/StatefulSet", "argoproj.io/Rollout"]

# Workloads by target, namespace and subject.
workloads[target.name][namespace][subject] := workload if {
	some target in data.fleet.targets
	some kind in workload_kinds
	some key, body in of_kind(target, kind)
	namespace := split(key, "/")[0]
	subject := concat("/", [kind, key])
	pod := object.get(body, ["spec", "template"], {})
	workload := {
		"kind": kind,
		"name": body.metadata.name,
		"namespace": namespace,
		"labels": object.get(pod, ["metadata", "labels"], {}),
		"account": object.get(pod, ["spec", "serviceAccountName"], "default"),
		"body": body,
	}
}

# Workloads of a namespace, by subject.
running(target, namespace) := object.get(workloads, [target.name, namespace], {})

# Namespaces whose pods an upstream chart brings, which no rule can see.
charted[target.name] contains namespace if {
	some target in data.fleet.targets
	some application in of_kind(target, "argoproj.io/Application")
	application.spec.source.chart
	namespace := application.spec.destination.namespace
}

seen(target, namespace) if not namespace in object.get(charted, target.name, set())

# Whether a label selector takes labels; an empty one takes all.
selects(selector, labels) if {
	every name, value in object.get(selector, "matchLabels", {}) {
		labels[name] == value
	}
	every requirement in lists.at(selector, ["matchExpressions"]) {
		meets(requirement, labels)
	}
}

meets(requirement, labels) if {
	requirement.operator == "Exists"
	labels[requirement.key]
}

meets(requirement, labels) if {
	requirement.operator == "DoesNotExist"
	not labels[requirement.key]
}

meets(requirement, labels) if {
	requirement.operator == "In"
	labels[requirement.key] in requirement.values
}

meets(requirement, labels) if {
	requirement.operator == "NotIn"
	not excluded(requirement, labels)
}

excluded(requirement, labels) if labels[requirement.key] in requirement.values

# Subjects of the workloads behind a Service.
behind(target, namespace, service) := {subject |
	labels := within(target, "/Service", namespace)[service].spec.selector
	some subject, workload in running(target, namespace)
	selects({"matchLabels": labels}, workload.labels)
}

# Workloads on both sides of every declared call, by target.
calls[target.name] contains call if {
	some target in data.fleet.targets
	some declared in target.calls
	[from, caller] := split(declared.caller, "/")
	[to, callee] := split(declared.callee, "/")
	some source in behind(target, from, caller)
	some destination in behind(target, to, callee)
	call := {
		"from": from,
		"to": to,
		"source": source,
		"destination": destination,
		"port": declared.port,
		"principal": mesh.principal(target.trustDomain, from, workloads[target.name][from][source].account),
		"text": sprintf("%s calls %s", [declared.caller, declared.callee]),
	}
}

# Whether a peer of a network policy takes a pod; `home` is the policy's namespace.
takes(target, peer, home, workload) if {
	not peer.ipBlock
	selects(object.get(peer, "podSelector", {}), workload.labels)
	_in_place(target, peer, home, workload.namespace)
}

_in_place(_, peer, home, namespace) if {
	not peer.namespaceSelector
	namespace == home
}

_in_place(target, peer, _, namespace) if {
	labels := object.get(within(target, "/Namespace", ""), [namespace, "metadata", "labels"], {})
	selects(peer.namespaceSelector, object.union(labels, {"kubernetes.io/metadata.name": namespace}))
}

# Whether a rule of a network policy is for a TCP port.
at_port(rule, _) if count(lists.at(rule, ["ports"])) == 0

at_port(rule, number) if {
	some port in lists.at(rule, ["ports"])
	object.get(port, "protocol", "TCP") == "TCP"
	object.get(port, "port", number) <= number
	number <= object.get(port, "endPort", object.get(port, "port", number))
}

finding(target, subject, path, message) := {
	"message": message,
	"path": path,
	"target": target.name,
	"subject": subject,
}
