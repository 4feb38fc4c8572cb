package dharma.lib.releases_test

import data.dharma.lib.releases

test_minor_of_a_version if {
	releases.minor("1.34") == 34
	releases.minor("v1.34.2") == 34
	not releases.minor("1")
	not releases.minor("2.0")
	not releases.minor("1.x")
	not releases.minor("1.")
	not releases.minor(1.34)
}

test_fate_of_a_version if {
	releases.fate({"apiVersion": "batch/v1beta1", "kind": "CronJob"}) == {
		"deprecated": 21,
		"removed": 25,
		"use": "batch/v1",
	}
	not releases.fate({"apiVersion": "batch/v1", "kind": "CronJob"})
	not releases.fate({"apiVersion": "batch/v1beta1", "kind": "Job"})
	not releases.fate({})
}

test_nothing_is_removed_before_it_is_deprecated if {
	every kinds in releases.table {
		every fate in kinds {
			fate.deprecated < fate.removed
		}
	}
}
