package dharma.lib.objects_test

import data.dharma.lib.objects
import data.dharma.lib.samples_test as samples

test_tenant_is_found_by_namespace if {
	objects.tenant({"metadata": {"namespace": "shop"}}, samples.target).costCentre == "cc-2000"
	not objects.tenant({"metadata": {"namespace": "argocd"}}, samples.target)
	not objects.tenant({"metadata": {}}, samples.target)
}

test_group_is_the_first_part if {
	objects.group({"apiVersion": "apps/v1"}) == "apps"
	objects.group({"apiVersion": "v1"}) == ""
	objects.group({}) == ""
}

test_production_is_an_environment if {
	objects.production(samples.target)
	not objects.production(samples.rehearsal)
}

test_entry_keeps_dots_in_keys_apart if {
	objects.entry("metadata.labels", "example.org/a") == "metadata.labels[\"example.org/a\"]"
}

test_selector_must_be_part_of_the_labels if {
	objects.selects({"app": "web"}, {"app": "web", "tier": "front"})
	not objects.selects({"app": "web"}, {"app": "api"})
	not objects.selects({"app": "web"}, {})
}
