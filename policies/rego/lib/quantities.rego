# Quantities: Kubernetes quantities as exact numbers, so that they can be compared.
package dharma.lib.quantities

factors := {
	"n": 0.000001,
	"u": 0.001,
	"m": 1,
	"": 1000,
	"k": 1000000,
	"M": 1000000000,
	"G": 1000000000000,
	"T": 1000000000000000,
	"P": 1000000000000000000,
	"E": 1000000000000000000000,
	"Ki": 1024000,
	"Mi": 1048576000,
	"Gi": 1073741824000,
	"Ti": 1099511627776000,
	"Pi": 1125899906842624000,
	"Ei": 1152921504606846976000,
}

powers := [1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000]

# Thousandths of a core, a byte or a piece; undefined for what is no quantity or uses an exponent.
milli(quantity) := quantity * 1000 if is_number(quantity)

milli(quantity) := (whole(concat("", parts)) * factors[suffix]) / powers[fraction(parts)] if {
	is_string(quantity)
	digits := trim_right(quantity, "numkKMGTPEi")
	suffix := substring(quantity, count(digits), -1)
	parts := split(digits, ".")
	count(parts) < 3
}

fraction(parts) := count(parts[1])

fraction(parts) := 0 if count(parts) == 1

# A run of digits as a number; leading zeros are no part of a JSON number.
whole(digits) := number(trim_left(digits, "0")) if {
	digits != ""
	trim(digits, "0123456789") == ""
}

number(digits) := 0 if digits == ""

number(digits) := to_number(digits) if digits != ""

# Milliseconds, so that sums stay whole.
units := {
	"ms": 1,
	"s": 1000,
	"m": 60000,
	"h": 3600000,
	"d": 86400000,
	"w": 604800000,
	"y": 31536000000,
}

# Seconds of a duration such as 30s, 1m or 1h30m, as Prometheus writes them.
seconds(duration) := total if {
	is_string(duration)
	parts := regex.find_n(`[0-9]+(ms|[smhdwy])`, duration, -1)
	count(parts) > 0
	concat("", parts) == duration
	total := sum([part_duration(part) | some part in parts]) / 1000
}

part_duration(part) := whole(digits) * units[substring(part, count(digits), -1)] if {
	digits := trim_right(part, "smhdwy")
}

# A share such as 25% of a hundred, or undefined.
percent(value) := whole(trim_suffix(value, "%")) if {
	is_string(value)
	endswith(value, "%")
}
