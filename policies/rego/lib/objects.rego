# Objects: whose an object is and where in it something stands.
package dharma.lib.objects

# The facts of the tenant in whose namespace an object is; undefined elsewhere.
tenant(resource, target) := target.tenants[resource.metadata.namespace]

# The API group of an object; empty for the core group.
group(resource) := split(resource.apiVersion, "/")[0] if {
	is_string(resource.apiVersion)
	contains(resource.apiVersion, "/")
} else := ""

# The object at a path; empty where there is none or where it is something else.
at(value, path) := found if {
	is_object(value)
	found := object.get(value, path, {})
	is_object(found)
} else := {}

# Whether customers use what runs on the target.
production(target) if target.environment == "production"

# A place whose last key may contain dots.
entry(parent, key) := sprintf("%s[\"%s\"]", [parent, key])

# Whether every label that a selector asks for is among the labels.
selects(wanted, labels) if {
	is_object(wanted)
	every key, value in wanted {
		labels[key] == value
	}
}
