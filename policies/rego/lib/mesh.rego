# Names, hosts, identities and durations of the service mesh.
package dharma.lib.mesh

root_namespace := "istio-system"

gateway_namespace := "istio-ingress"

# Whether an object stands where traffic from outside may arrive.
at_gateway(object) if object.metadata.namespace == gateway_namespace

# Whether an object stands in a tenant's namespace.
of_tenant(object, target) if target.tenants[object.metadata.namespace]

# Whether a host names a Service of the cluster; short names stand for the own namespace.
inside(host) if {
	is_string(host)
	endswith(host, ".svc.cluster.local")
}

inside(host) if {
	is_string(host)
	not contains(host, ".")
}

# The Service that a host means, as namespace/name; undefined for hosts outside the cluster.
service(host, _) := concat("/", [parts[1], parts[0]]) if {
	is_string(host)
	endswith(host, ".svc.cluster.local")
	parts := split(host, ".")
	count(parts) == 5
}

service(host, namespace) := concat("/", [namespace, host]) if {
	is_string(host)
	not contains(host, ".")
	host != "*"
}

# A workload's identity as its certificate says it.
principal(trust_domain, namespace, account) := sprintf("%s/ns/%s/sa/%s", [trust_domain, namespace, account])

# Milliseconds of a duration such as 1h30m or 0.25s; undefined for what is none.
milliseconds(duration) := time.parse_duration_ns(duration) / 1000000 if {
	is_string(duration)
	regex.match(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`, duration)
}
