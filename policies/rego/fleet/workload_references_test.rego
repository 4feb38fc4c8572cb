package dharma.fleet.workload_references_test

import data.dharma.fleet.workload_references
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := workload_references.deny with data.fleet as samples.fleet(objects)
}

objects(strategy) := {
	"/Service": {"shop/web": samples.service("web")},
	"/ServiceAccount": {"shop/web": {}},
	"argoproj.io/AnalysisTemplate": {"shop/web": {}},
	"argoproj.io/Rollout": {"shop/web": object.union(samples.workload("web"), {"spec": {"strategy": strategy}})},
	"networking.istio.io/VirtualService": {"shop/web": {}},
}

missing(path, message) := {samples.finding("argoproj.io/Rollout/shop/web", path, message)}

analysis(name) := {"templates": [{"templateName": name}]}

canary(service, route, name) := {"canary": {
	"stableService": service,
	"canaryService": "web",
	"trafficRouting": {"istio": {"virtualService": {"name": route}}},
	"steps": [{"setWeight": 5}, {"analysis": analysis(name)}],
}}

test_what_is_there_passes if {
	found(objects(canary("web", "web", "web"))) == set()
	found(objects({"blueGreen": {"activeService": "web", "prePromotionAnalysis": analysis("web")}})) == set()
	found(objects({})) == set()
}

test_a_missing_account_is_denied if {
	found(object.remove(objects({}), ["/ServiceAccount"])) == missing(
		"spec.template.spec.serviceAccountName",
		"names ServiceAccount web, which is not there",
	)
}

test_missing_services_and_routes_are_denied if {
	found(objects(canary("wbe", "web", "web"))) == missing(
		"spec.strategy.canary.stableService",
		"names Service wbe, which is not there",
	)
	found(objects(canary("web", "wbe", "web"))) == missing(
		"spec.strategy.canary.trafficRouting.istio.virtualService.name",
		"names VirtualService wbe, which is not there",
	)
	found(objects({"blueGreen": {"previewService": "wbe"}})) == missing(
		"spec.strategy.blueGreen.previewService",
		"names Service wbe, which is not there",
	)
}

test_missing_analyses_are_denied if {
	found(objects(canary("web", "web", "wbe"))) == missing(
		"spec.strategy.canary.steps[1].analysis.templates[0].templateName",
		"names AnalysisTemplate wbe, which is not there",
	)
	found(objects({"blueGreen": {"postPromotionAnalysis": analysis("wbe")}})) == missing(
		"spec.strategy.blueGreen.postPromotionAnalysis.templates[0].templateName",
		"names AnalysisTemplate wbe, which is not there",
	)
}
