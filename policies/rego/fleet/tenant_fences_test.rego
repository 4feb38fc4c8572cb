package dharma.fleet.tenant_fences_test

import data.dharma.fleet.tenant_fences
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := tenant_fences.deny with data.fleet as samples.fleet(objects)
}

objects(types, rules) := {
	"/LimitRange": {"shop/limits": {}, "data/limits": {}},
	"/ResourceQuota": {"shop/quota": {}, "data/quota": {}},
	"networking.k8s.io/NetworkPolicy": {
		"data/deny": policy(["Ingress", "Egress"], {}),
		"shop/deny": policy(types, rules),
	},
}

policy(types, rules) := {"spec": object.union({"podSelector": {}, "policyTypes": types}, rules)}

open := {samples.finding("/Namespace//shop", "", "has no policy that denies by default")}

test_fenced_namespaces_pass if found(objects(["Egress", "Ingress"], {})) == set()

test_both_directions_are_denied_by_default if {
	found(objects(["Ingress"], {})) == open
	found(objects(["Egress"], {})) == open
	found(objects(["Ingress", "Egress"], {"ingress": [{}]})) == open
	found(objects(["Ingress", "Egress"], {"egress": [{}]})) == open
}

test_quota_and_limits_must_be_there if {
	fenced := objects(["Ingress", "Egress"], {})
	found(object.union(object.remove(fenced, ["/ResourceQuota"]), {"/ResourceQuota": {"data/quota": {}}})) == {
		samples.finding("/Namespace//shop", "", "has no ResourceQuota"),
	}
	found(object.union(object.remove(fenced, ["/LimitRange"]), {"/LimitRange": {"data/limits": {}}})) == {
		samples.finding("/Namespace//shop", "", "has no LimitRange"),
	}
}
