package dharma.lib.waivers_test

import data.dharma.lib.samples_test as samples
import data.dharma.lib.waivers

end := time.parse_rfc3339_ns("2027-02-01T00:00:00Z")

waiver := {"ticket": "OPS-1", "expires": "2027-01-31", "subjects": [`(?s)^apps/Deployment/shop/w.*$`]}

web := samples.one({})

test_a_waiver_holds_through_its_last_day_in_utc if {
	waivers.hold(web, [waiver], 0)
	waivers.hold(web, [waiver], end - 1)
}

test_a_waiver_has_ended_when_its_last_day_has if not waivers.hold(web, [waiver], end)

test_a_waiver_of_another_object_accepts_nothing if {
	not waivers.hold(samples.pod({}), [waiver], 0)
	not waivers.hold(web, [], 0)
}

test_a_subject_names_group_kind_namespace_and_name if {
	waivers.subject(web) == "apps/Deployment/shop/web"
	waivers.subject(samples.pod({})) == "/Pod/shop/web"
}

test_an_object_without_a_name_has_a_subject_nevertheless if {
	waivers.subject({"apiVersion": "v1", "kind": "Namespace"}) == "/Namespace//"
}
