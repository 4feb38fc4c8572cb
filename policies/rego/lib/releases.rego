# Releases: the API versions that Kubernetes deprecated and removed, by its minor release 1.x.
package dharma.lib.releases

# The minor of a version such as 1.34 or v1.34.2; undefined for other forms.
minor(version) := to_number(parts[1]) if {
	is_string(version)
	parts := split(trim_prefix(version, "v"), ".")
	parts[0] == "1"
	parts[1] != ""
	trim(parts[1], "0123456789") == ""
}

# What became of an object's API version: when deprecated, when removed, what to use.
# Kubernetes removes beta versions only, so the table is not made for any other.
fate(resource) := table[resource.apiVersion][resource.kind] if {
	is_string(resource.apiVersion)
	contains(resource.apiVersion, "beta")
}

at(deprecated, removed, successor) := {"deprecated": deprecated, "removed": removed, "use": successor}

# Source: the deprecated API migration guide and, from 1.34 on, the life cycles in the API's types.
table := {
	"extensions/v1beta1": {
		"DaemonSet": at(9, 16, "apps/v1"),
		"Deployment": at(9, 16, "apps/v1"),
		"ReplicaSet": at(9, 16, "apps/v1"),
		"NetworkPolicy": at(9, 16, "networking.k8s.io/v1"),
		"PodSecurityPolicy": at(11, 16, "Pod Security Admission"),
		"Ingress": at(14, 22, "networking.k8s.io/v1"),
	},
	"apps/v1beta1": {
		"Deployment": at(9, 16, "apps/v1"),
		"StatefulSet": at(9, 16, "apps/v1"),
		"ControllerRevision": at(9, 16, "apps/v1"),
	},
	"apps/v1beta2": {
		"DaemonSet": at(9, 16, "apps/v1"),
		"Deployment": at(9, 16, "apps/v1"),
		"ReplicaSet": at(9, 16, "apps/v1"),
		"StatefulSet": at(9, 16, "apps/v1"),
		"ControllerRevision": at(9, 16, "apps/v1"),
	},
	"admissionregistration.k8s.io/v1beta1": {
		"MutatingWebhookConfiguration": at(16, 22, "admissionregistration.k8s.io/v1"),
		"ValidatingWebhookConfiguration": at(16, 22, "admissionregistration.k8s.io/v1"),
		"ValidatingAdmissionPolicy": at(31, 34, "admissionregistration.k8s.io/v1"),
		"ValidatingAdmissionPolicyBinding": at(31, 34, "admissionregistration.k8s.io/v1"),
	},
	"apiextensions.k8s.io/v1beta1": {"CustomResourceDefinition": at(16, 22, "apiextensions.k8s.io/v1")},
	"apiregistration.k8s.io/v1beta1": {"APIService": at(19, 22, "apiregistration.k8s.io/v1")},
	"authentication.k8s.io/v1beta1": {"TokenReview": at(19, 22, "authentication.k8s.io/v1")},
	"authorization.k8s.io/v1beta1": {
		"LocalSubjectAccessReview": at(19, 22, "authorization.k8s.io/v1"),
		"SelfSubjectAccessReview": at(19, 22, "authorization.k8s.io/v1"),
		"SubjectAccessReview": at(19, 22, "authorization.k8s.io/v1"),
	},
	"autoscaling/v2beta1": {"HorizontalPodAutoscaler": at(22, 25, "autoscaling/v2")},
	"autoscaling/v2beta2": {"HorizontalPodAutoscaler": at(23, 26, "autoscaling/v2")},
	"batch/v1beta1": {"CronJob": at(21, 25, "batch/v1")},
	"certificates.k8s.io/v1beta1": {"CertificateSigningRequest": at(19, 22, "certificates.k8s.io/v1")},
	"coordination.k8s.io/v1beta1": {"Lease": at(19, 22, "coordination.k8s.io/v1")},
	"discovery.k8s.io/v1beta1": {"EndpointSlice": at(21, 25, "discovery.k8s.io/v1")},
	"events.k8s.io/v1beta1": {"Event": at(22, 25, "events.k8s.io/v1")},
	"flowcontrol.apiserver.k8s.io/v1beta1": {
		"FlowSchema": at(23, 26, "flowcontrol.apiserver.k8s.io/v1"),
		"PriorityLevelConfiguration": at(23, 26, "flowcontrol.apiserver.k8s.io/v1"),
	},
	"flowcontrol.apiserver.k8s.io/v1beta2": {
		"FlowSchema": at(26, 29, "flowcontrol.apiserver.k8s.io/v1"),
		"PriorityLevelConfiguration": at(26, 29, "flowcontrol.apiserver.k8s.io/v1"),
	},
	"flowcontrol.apiserver.k8s.io/v1beta3": {
		"FlowSchema": at(29, 32, "flowcontrol.apiserver.k8s.io/v1"),
		"PriorityLevelConfiguration": at(29, 32, "flowcontrol.apiserver.k8s.io/v1"),
	},
	"networking.k8s.io/v1beta1": {
		"Ingress": at(19, 22, "networking.k8s.io/v1"),
		"IngressClass": at(19, 22, "networking.k8s.io/v1"),
		"IPAddress": at(34, 37, "networking.k8s.io/v1"),
		"ServiceCIDR": at(34, 37, "networking.k8s.io/v1"),
	},
	"node.k8s.io/v1beta1": {"RuntimeClass": at(22, 25, "node.k8s.io/v1")},
	"policy/v1beta1": {
		"PodDisruptionBudget": at(21, 25, "policy/v1"),
		"PodSecurityPolicy": at(21, 25, "Pod Security Admission"),
	},
	"rbac.authorization.k8s.io/v1beta1": {
		"ClusterRole": at(17, 22, "rbac.authorization.k8s.io/v1"),
		"ClusterRoleBinding": at(17, 22, "rbac.authorization.k8s.io/v1"),
		"Role": at(17, 22, "rbac.authorization.k8s.io/v1"),
		"RoleBinding": at(17, 22, "rbac.authorization.k8s.io/v1"),
	},
	"resource.k8s.io/v1beta1": {
		"DeviceClass": at(35, 38, "resource.k8s.io/v1"),
		"ResourceClaim": at(35, 38, "resource.k8s.io/v1"),
		"ResourceClaimTemplate": at(35, 38, "resource.k8s.io/v1"),
		"ResourceSlice": at(35, 38, "resource.k8s.io/v1"),
	},
	"resource.k8s.io/v1beta2": {
		"DeviceClass": at(36, 39, "resource.k8s.io/v1"),
		"ResourceClaim": at(36, 39, "resource.k8s.io/v1"),
		"ResourceClaimTemplate": at(36, 39, "resource.k8s.io/v1"),
		"ResourceSlice": at(36, 39, "resource.k8s.io/v1"),
	},
	"scheduling.k8s.io/v1beta1": {"PriorityClass": at(14, 22, "scheduling.k8s.io/v1")},
	"storage.k8s.io/v1beta1": {
		"CSIDriver": at(19, 22, "storage.k8s.io/v1"),
		"CSINode": at(17, 22, "storage.k8s.io/v1"),
		"CSIStorageCapacity": at(24, 27, "storage.k8s.io/v1"),
		"StorageClass": at(19, 22, "storage.k8s.io/v1"),
		"VolumeAttachment": at(19, 22, "storage.k8s.io/v1"),
		"VolumeAttributesClass": at(34, 37, "storage.k8s.io/v1"),
	},
}
