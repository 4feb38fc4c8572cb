# Images: the parts of an image reference, and where images may come from.
package dharma.lib.images

# Registries that every platform may pull from, beside its private one and those under its own domain.
registries := {"registry.example"}

# Tags that point to another image tomorrow.
moving := {"latest", "main", "master", "edge", "nightly", "stable", "dev", "develop", "snapshot", "canary"}

# The part before a digest.
reference(image) := split(image, "@")[0]

# The digest of an image; undefined if it has none or one that is no SHA-256.
digest(image) := found if {
	[_, found] := split(image, "@")
	startswith(found, "sha256:")
	count(found) == 71
	trim(trim_prefix(found, "sha256:"), "0123456789abcdef") == ""
}

# The tag of an image; empty if it has none.
tag(image) := tags[1] if {
	tags := split(last(split(reference(image), "/")), ":")
	count(tags) == 2
} else := ""

last(parts) := parts[count(parts) - 1]

# The registry's host; images without one come from the runtime's default.
host(image) := first if {
	first := split(reference(image), "/")[0]
	contains(image, "/")
	named(first)
} else := ""

named(first) if contains(first, ".")

named(first) if contains(first, ":")

# Whether an image comes from where the platform pulls.
trusted(image, _) if host(image) in registries

trusted(image, target) if {
	is_string(target.domain)
	endswith(sprintf(".%s", [host(image)]), sprintf(".%s", [target.domain]))
}

trusted(image, target) if {
	is_string(target.registry)
	target.registry != ""
	startswith(image, sprintf("%s/", [target.registry]))
}

# Whether a workload says that its digest is not known yet.
placeholder(workload) if workload.metadata.annotations["dharma.dev/image-digest"] == "placeholder"
