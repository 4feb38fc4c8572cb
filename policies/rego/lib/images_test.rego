package dharma.lib.images_test

import data.dharma.lib.images

hash := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

test_parts_of_a_full_reference if {
	image := sprintf("registry.example:5000/shop/web:1.2@sha256:%s", [hash])
	images.host(image) == "registry.example:5000"
	images.tag(image) == "1.2"
	images.digest(image) == sprintf("sha256:%s", [hash])
	images.reference(image) == "registry.example:5000/shop/web:1.2"
}

test_parts_that_are_missing if {
	images.host("web") == ""
	images.host("shop/web:1.2") == ""
	images.host("localhost:5000/web") == "localhost:5000"
	images.tag("registry.example:5000/web") == ""
	not images.digest("registry.example/web:1.2")
}

test_only_full_digests_count if {
	not images.digest("web@sha256:abc")
	not images.digest(sprintf("web@sha512:%s", [hash]))
	not images.digest(sprintf("web@sha256:%s", [upper(hash)]))
}

test_registries_of_the_platform_are_trusted if {
	target := {"domain": "platform.example"}
	images.trusted("registry.example/web:1", target)
	images.trusted("registry.example/web:1", {})
	images.trusted("images.platform.example/web:1", target)
	not images.trusted("images.notplatform.example/web:1", target)
	not images.trusted("web:1", target)
	not images.trusted("images.platform.example/web:1", {})
}

test_the_private_registry_is_trusted_and_nothing_that_looks_like_it if {
	target := {"domain": "platform.example", "registry": "mirror.corp.example/platform"}
	images.trusted("mirror.corp.example/platform/istio/pilot:1.0", target)
	not images.trusted("mirror.corp.example/platform-b/istio/pilot:1.0", target)
	not images.trusted("mirror.corp.example/other:1.0", target)
	not images.trusted("web:1.0", {"domain": "platform.example", "registry": ""})
	not images.trusted("/web:1.0", {"domain": "platform.example", "registry": ""})
}

test_placeholder_is_said_by_an_annotation if {
	images.placeholder({"metadata": {"annotations": {"dharma.dev/image-digest": "placeholder"}}})
	not images.placeholder({"metadata": {}})
}
