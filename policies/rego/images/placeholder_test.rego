package dharma.images.placeholder_test

import data.dharma.images.placeholder as rule
import data.dharma.lib.samples_test as samples

hash := "0000000000000000000000000000000000000000000000000000000000000000"

marked(image) := object.union(
	samples.one({"image": image}),
	{"metadata": {"annotations": {"dharma.dev/image-digest": "placeholder"}}},
)

test_placeholder_is_told if {
	subject := marked("registry.example/web:1.0")
	findings := rule.warn with input.object as subject
	findings == {{"message": "image registry.example/web:1.0 of container app waits for its digest", "path": "spec.template.spec.containers[0].image"}}
}

test_stale_mark_is_told if {
	subject := marked(sprintf("web@sha256:%s", [hash]))
	findings := rule.warn with input.object as subject
	findings == {{"message": "is marked as a placeholder although every image has a digest", "path": "metadata.annotations[\"dharma.dev/image-digest\"]"}}
}

test_workload_without_mark_passes if {
	subject := samples.one({"image": "web:1.0"})
	findings := rule.warn with input.object as subject
	findings == set()
}
