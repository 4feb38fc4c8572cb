package dharma.fleet.sync_order_test

import data.dharma.fleet.sync_order
import data.dharma.lib.fleet_samples_test as samples

found(applications) := findings if {
	findings := sync_order.deny with data.fleet as {"targets": [object.union(
		samples.target({
			"/Namespace": {"/shop": {"metadata": {
				"name": "shop",
				"labels": {"app.kubernetes.io/component": "tenancy"},
			}}},
			"argoproj.io/Application": applications,
		}),
		{"components": {"tenancy": {"level": 0}, "mesh": {"level": 1}, "services": {"level": 2}}},
	)]}
}

application(path, wave) := {
	"metadata": {"annotations": {"argocd.argoproj.io/sync-wave": wave}},
	"spec": {"source": {"path": sprintf("generated/production/region-a/%s", [path])}, "destination": {"namespace": "shop"}},
}

chart(wave) := object.union(samples.chart("shop"), {"metadata": {"annotations": {"argocd.argoproj.io/sync-wave": wave}}})

tenancy := application("tenancy", "9")

wrong(message) := {samples.finding("argoproj.io/Application/argocd/x", "metadata.annotations", message)}

test_waves_in_order_pass if {
	found({
		"argocd/chart": chart("10"),
		"argocd/mesh": application("mesh", "19"),
		"argocd/shop": application("services/shop", "29"),
		"argocd/tenancy": tenancy,
	}) == set()
}

test_a_wave_must_be_said if {
	found({"argocd/x": {"metadata": {}, "spec": {}}}) == wrong("says no sync wave")
	found({"argocd/x": application("tenancy", "first")}) == wrong("says no sync wave")
}

test_a_namespace_comes_before_its_content if {
	found({"argocd/tenancy": tenancy, "argocd/x": chart("9")}) == wrong("is synced before its namespace shop, which tenancy makes")
}

test_a_component_comes_after_those_below if {
	found({
		"argocd/mesh": application("mesh", "19"),
		"argocd/tenancy": tenancy,
		"argocd/x": application("services/shop", "19"),
	}) == wrong("is synced before component mesh, which comes first")
}
