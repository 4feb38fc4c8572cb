package dharma.lib.cidr_test

import data.dharma.lib.cidr

test_a_network_holds_its_addresses if {
	cidr.holds("169.254.0.0/16", "169.254.169.254")
	cidr.holds("::/0", "fd00:ec2::254")
	not cidr.holds("10.0.0.0/8", "169.254.169.254")
	not cidr.holds("0.0.0.0/0", "fd00:ec2::254")
}

test_what_is_no_network_holds_nothing if {
	not cidr.holds("300.1.1.1/8", "10.0.0.1")
	not cidr.holds(7, "10.0.0.1")
}

test_networks_overlap_where_one_lies_in_the_other if {
	cidr.overlap("10.0.0.0/8", "10.1.0.0/16")
	cidr.overlap("10.1.0.0/16", "10.0.0.0/8")
	not cidr.overlap("10.0.0.0/16", "10.1.0.0/16")
}

test_what_is_no_network_overlaps_nothing if {
	not cidr.overlap("10.0.0.0/8", "ten")
	not cidr.overlap(null, "10.0.0.0/8")
}
