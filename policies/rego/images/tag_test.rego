package dharma.images.tag_test

import data.dharma.images.tag as rule
import data.dharma.lib.samples_test as samples

hash := "0000000000000000000000000000000000000000000000000000000000000000"

test_missing_tag_is_refused if {
	subject := samples.one({"image": "registry.example:5000/web"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "image registry.example:5000/web of container app names no version", "path": "spec.template.spec.containers[0].image"}}
}

test_latest_is_refused if {
	subject := samples.one({"image": "web:latest"})
	findings := rule.deny with input.object as subject
	findings == {{"message": "image web:latest of container app names no version", "path": "spec.template.spec.containers[0].image"}}
}

test_moving_tag_of_an_init_container_is_refused if {
	subject := samples.pod({"initContainers": [{"name": "a", "image": "web:Nightly"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "image web:Nightly of container a names no version", "path": "spec.initContainers[0].image"}}
}

test_version_passes if {
	subject := samples.one({"image": "web:1.0"})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_digest_is_enough if {
	subject := samples.one({"image": sprintf("web@sha256:%s", [hash])})
	findings := rule.deny with input.object as subject
	findings == set()
}
