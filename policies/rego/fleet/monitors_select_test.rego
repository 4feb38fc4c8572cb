package dharma.fleet.monitors_select_test

import data.dharma.fleet.monitors_select
import data.dharma.lib.fleet_samples_test as samples

found(objects) := findings if {
	findings := monitors_select.deny with data.fleet as samples.fleet(objects)
}

objects(label, port) := {
	"/Service": {"shop/web": samples.service("web")},
	"monitoring.coreos.com/ServiceMonitor": {"shop/web": {"spec": {
		"selector": {"matchLabels": {"app": label}},
		"endpoints": [{"port": port}],
	}}},
}

subject := "monitoring.coreos.com/ServiceMonitor/shop/web"

test_a_service_and_its_port_pass if found(objects("web", "http")) == set()

test_selecting_nothing_is_denied if {
	found(objects("wbe", "http")) == {samples.finding(subject, "spec.selector", "selects no Service")}
}

test_a_missing_port_is_denied if {
	found(objects("web", "metrics")) == {samples.finding(subject, "spec.endpoints[0].port", "scrapes port metrics, which no selected Service has")}
}

test_a_port_by_number_is_not_looked_up if found(objects("web", 9090)) == set()

test_services_of_charts_are_not_looked_at if {
	charts := {"argoproj.io/Application": {"argocd/x": samples.chart("shop")}}
	found(object.union(charts, objects("wbe", "http"))) == set()
}
