package dharma.images.registry_test

import data.dharma.images.registry as rule
import data.dharma.lib.samples_test as samples

test_image_without_registry_is_refused if {
	subject := samples.one({"image": "web:1.0"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "image web:1.0 of container app comes from elsewhere", "path": "spec.template.spec.containers[0].image"}}
}

test_foreign_registry_is_refused if {
	subject := samples.one({"image": "hub.example.org/web:1.0"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "image hub.example.org/web:1.0 of container app comes from elsewhere", "path": "spec.template.spec.containers[0].image"}}
}

test_lookalike_registry_is_refused if {
	subject := samples.one({"image": "registry.example.org/web:1.0"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == {{"message": "image registry.example.org/web:1.0 of container app comes from elsewhere", "path": "spec.template.spec.containers[0].image"}}
}

test_registry_of_the_list_passes if {
	subject := samples.one({"image": "registry.example/web:1.0"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}

test_registry_of_the_own_domain_passes if {
	subject := samples.one({"image": "images.platform.example/web:1.0"})
	findings := rule.deny with input.object as subject with input.target as samples.target
	findings == set()
}
