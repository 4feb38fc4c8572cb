package dharma.workloads.app_armor_test

import data.dharma.lib.samples_test as samples
import data.dharma.workloads.app_armor as rule

annotated(profile) := samples.workload("Deployment", {"template": {"metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/app": profile}}}})

test_unconfined_pod_and_container_are_refused if {
	subject := samples.deployment({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}, "containers": [{"name": "app", "securityContext": {"appArmorProfile": {"type": "Unconfined"}}}]})
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "the pod has the AppArmor profile Unconfined", "path": "spec.template.spec.securityContext.appArmorProfile.type"},
		{"message": "container app has the AppArmor profile Unconfined", "path": "spec.template.spec.containers[0].securityContext.appArmorProfile.type"},
	}
}

test_unconfined_annotation_is_refused if {
	subject := annotated("unconfined")
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app has the AppArmor profile unconfined", "path": "spec.template.metadata.annotations[\"container.apparmor.security.beta.kubernetes.io/app\"]"}}
}

test_known_annotations_pass if {
	subject := annotated("runtime/default")
	findings := rule.deny with input.object as subject
	findings == set()
}

test_local_annotations_pass if {
	subject := annotated("localhost/web")
	findings := rule.deny with input.object as subject
	findings == set()
}

test_other_annotations_and_profiles_pass if {
	subject := object.union(samples.deployment({"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}), {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
