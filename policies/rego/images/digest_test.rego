package dharma.images.digest_test

import data.dharma.images.digest as rule
import data.dharma.lib.samples_test as samples

hash := "0000000000000000000000000000000000000000000000000000000000000000"

test_tag_without_digest_is_refused if {
	subject := samples.one({"image": "registry.example/web:1.0"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "image registry.example/web:1.0 of container app has no digest", "path": "spec.template.spec.containers[0].image"}}
}

test_digest_of_another_form_is_refused if {
	subject := samples.pod({"initContainers": [{"name": "a", "image": "web@sha256:12"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "image web@sha256:12 of container a has no digest", "path": "spec.initContainers[0].image"}}
}

test_declared_placeholder_passes if {
	subject := object.union(samples.one({"image": "registry.example/web:1.0"}), {"metadata": {"annotations": {"dharma.dev/image-digest": "placeholder"}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_another_annotation_is_no_placeholder if {
	subject := object.union(samples.one({"image": "web:1"}), {"metadata": {"annotations": {"dharma.dev/image-digest": "soon"}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "image web:1 of container app has no digest", "path": "spec.template.spec.containers[0].image"}}
}

test_digest_passes if {
	subject := samples.one({"image": sprintf("registry.example/web:1.0@sha256:%s", [hash])})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_container_without_image_passes if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
