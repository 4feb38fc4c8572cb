# Networks in CIDR notation; what is not a network contains nothing.
package dharma.lib.cidr

# Where clouds hand out credentials to whoever asks.
metadata_addresses := {"169.254.169.254", "fd00:ec2::254"}

# Networks that leave nothing out.
everything := {"0.0.0.0/0", "::/0"}

valid(cidr) if {
	is_string(cidr)
	net.cidr_is_valid(cidr)
}

holds(cidr, address) if {
	valid(cidr)
	net.cidr_contains(cidr, address)
}

overlap(one, other) if {
	valid(one)
	valid(other)
	net.cidr_intersects(one, other)
}
