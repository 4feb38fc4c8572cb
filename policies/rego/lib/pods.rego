# Pods: the pod template of a workload, its containers and their effective security settings.
package dharma.lib.pods

templated := {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Rollout"}

# Metadata and spec of the pods that a workload makes; undefined for anything else.
template(workload) := workload if workload.kind == "Pod"

template(workload) := workload.spec.template if workload.kind in templated

template(workload) := workload.spec.jobTemplate.spec.template if workload.kind == "CronJob"

# Where the pod spec stands in the workload.
path(workload) := "spec" if workload.kind == "Pod"

path(workload) := "spec.template.spec" if workload.kind in templated

path(workload) := "spec.jobTemplate.spec.template.spec" if workload.kind == "CronJob"

# Where the pod's metadata stands in the workload.
metadata_path(workload) := concat("", [trim_suffix(path(workload), "spec"), "metadata"])

# Every container, init and ephemeral ones included, with its name and its place.
containers(workload) := [container |
	some list in ["containers", "initContainers", "ephemeralContainers"]
	bodies := template(workload).spec[list]
	is_array(bodies)
	some index, body in bodies
	container := {
		"name": name(body, index),
		"list": list,
		"path": sprintf("%s.%s[%v]", [path(workload), list, index]),
		"body": body,
	}
]

# The containers that do the pod's work.
main(workload) := [container | some container in containers(workload); container.list == "containers"]

# Containers whose resources the scheduler counts: an ephemeral one cannot ask for any.
scheduled(workload) := [container |
	some container in containers(workload)
	container.list != "ephemeralContainers"
]

# Volumes with their places.
volumes(workload) := [volume |
	bodies := template(workload).spec.volumes
	is_array(bodies)
	some index, body in bodies
	volume := {
		"name": name(body, index),
		"path": sprintf("%s.volumes[%v]", [path(workload), index]),
		"body": body,
	}
]

# What a message calls a container or volume.
name(body, index) := body.name if {
	is_string(body.name)
} else := sprintf("#%v", [index])

# A security setting as the kubelet sees it: the container's own, else the pod's; undefined if neither.
setting(container, workload, field) := container.body.securityContext[field] if {
	container.body.securityContext[field] != null
} else := template(workload).spec.securityContext[field]

# The security contexts of the pod and of its containers, with whose they are.
contexts(workload) := array.concat(pod_context(workload), [context |
	some container in containers(workload)
	context := {
		"owner": sprintf("container %s", [container.name]),
		"path": sprintf("%s.securityContext", [container.path]),
		"body": container.body.securityContext,
	}
])

pod_context(workload) := [{
	"owner": "the pod",
	"path": sprintf("%s.securityContext", [path(workload)]),
	"body": template(workload).spec.securityContext,
}] if {
	template(workload).spec.securityContext
} else := []

# Pods for Windows nodes, which know no Linux security settings.
windows(workload) if template(workload).spec.os.name == "windows"

# Workloads that are meant to run once only, or as one replica.
single(workload) if workload.spec.replicas in {0, 1}
