# Waivers, for places of enforcement that hold them beside the rules: findings accepted for a while.
package dharma.lib.waivers

import data.dharma.lib.objects

day := 86400000000000

# Whether a waiver accepts findings about an object at a time in nanoseconds since 1970.
hold(resource, waivers, now) if {
	some waiver in waivers
	standing(waiver, now)
	some pattern in waiver.subjects
	regex.match(pattern, subject(resource))
}

# A waiver holds through its last day in UTC.
standing(waiver, now) if now < time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [waiver.expires])) + day

# An object as findings and waivers name it.
subject(resource) := concat("/", [
	objects.group(resource),
	resource.kind,
	object.get(resource, ["metadata", "namespace"], ""),
	object.get(resource, ["metadata", "name"], ""),
])
