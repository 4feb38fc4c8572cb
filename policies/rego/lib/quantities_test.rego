package dharma.lib.quantities_test

import data.dharma.lib.quantities

test_quantities_are_thousandths if {
	quantities.milli("100m") == 100
	quantities.milli("2") == 2000
	quantities.milli(2) == 2000
	quantities.milli("0.1") == 100
	quantities.milli("1.5Gi") == 1610612736000
	quantities.milli("1Gi") == quantities.milli("1024Mi")
	quantities.milli("1G") < quantities.milli("1Gi")
	quantities.milli("0") == 0
	quantities.milli("007") == 7000
	quantities.milli("1E") == 1000000000000000000000
}

test_what_is_no_quantity_is_undefined if {
	not quantities.milli("")
	not quantities.milli("Mi")
	not quantities.milli("1.2.3")
	not quantities.milli("-1")
	not quantities.milli("1Mb")
	not quantities.milli("1iM")
	not quantities.milli(["1"])
	not quantities.milli(null)
}

test_durations_are_seconds if {
	quantities.seconds("30s") == 30
	quantities.seconds("1h30m") == 5400
	quantities.seconds("500ms") == 0.5
	quantities.seconds("2d") == 172800
}

test_what_is_no_duration_is_undefined if {
	not quantities.seconds("")
	not quantities.seconds("30")
	not quantities.seconds("s")
	not quantities.seconds("30 s")
	not quantities.seconds(30)
}

test_percent_is_a_number_of_a_hundred if {
	quantities.percent("25%") == 25
	quantities.percent("0%") == 0
	not quantities.percent("25")
	not quantities.percent("%")
	not quantities.percent(25)
}
