package dharma.mesh.proxy_untouched_test

import data.dharma.mesh.proxy_untouched

found(object) := findings if {
	findings := proxy_untouched.deny with input as {"object": object}
}

deployment(metadata) := {
	"kind": "Deployment",
	"metadata": {"namespace": "shop"},
	"spec": {"template": {"metadata": metadata}},
}

by(name, path) := {{"message": sprintf("keeps traffic from the proxy by %s", [name]), "path": path}}

test_ordinary_labels_and_annotations_pass if {
	found(deployment({"labels": {"app": "web"}, "annotations": {"sidecar.istio.io/inject": "true"}})) == set()
	found(deployment({})) == set()
	found(deployment({"labels": "none"})) == set()
	found({"kind": "Deployment", "spec": {}}) == set()
}

test_opting_out_is_denied if {
	out := {"sidecar.istio.io/inject": "false"}
	found(deployment({"labels": out})) == by("sidecar.istio.io/inject", "spec.template.metadata.labels")
	found(deployment({"annotations": out})) == by("sidecar.istio.io/inject", "spec.template.metadata.annotations")
}

test_going_round_the_proxy_is_denied if {
	every name in [
		"traffic.sidecar.istio.io/excludeOutboundPorts",
		"traffic.sidecar.istio.io/excludeInboundPorts",
		"traffic.sidecar.istio.io/excludeOutboundIPRanges",
		"sidecar.istio.io/proxyImage",
		"sidecar.istio.io/bootstrapOverride",
	] {
		found(deployment({"annotations": {name: "x"}})) == by(name, "spec.template.metadata.annotations")
	}
}

test_pods_and_cron_jobs_are_looked_at if {
	out := {"annotations": {"sidecar.istio.io/inject": "false"}}
	found({"kind": "Pod", "metadata": out}) == by("sidecar.istio.io/inject", "metadata.annotations")
	cron := {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"metadata": out}}}}}
	found(cron) == by("sidecar.istio.io/inject", "spec.jobTemplate.spec.template.metadata.annotations")
}

test_the_platforms_own_pods_may_stay_outside_the_mesh if {
	away := object.union(deployment({"labels": {"sidecar.istio.io/inject": "false"}}), {"metadata": {"namespace": "monitoring"}})
	outside := proxy_untouched.deny with input as {"object": away, "target": {"tenants": {"shop": {}}}}
	outside == set()
	inside := proxy_untouched.deny with input as {"object": away, "target": {"tenants": {"monitoring": {}}}}
	count(inside) == 1
}

test_patching_the_proxy_is_denied if {
	every kind in ["EnvoyFilter", "WasmPlugin"] {
		found({"kind": kind}) == {{"message": "patches the proxy below every policy", "path": ""}}
	}
}
