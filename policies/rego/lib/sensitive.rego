# Sensitive: names and values that give a credential away.
package dharma.lib.sensitive

words := {
	"password",
	"passwd",
	"passphrase",
	"pwd",
	"secret",
	"secrets",
	"token",
	"key",
	"apikey",
	"credential",
	"credentials",
}

# Last words of names that only tell where or what a credential is.
about := {
	"algorithm",
	"class",
	"dir",
	"enabled",
	"expiry",
	"field",
	"file",
	"header",
	"id",
	"issuer",
	"length",
	"name",
	"path",
	"prefix",
	"ref",
	"rotation",
	"seconds",
	"size",
	"ttl",
	"type",
	"uri",
	"url",
}

# Whether a variable, flag or key is named like a credential.
name(text) if {
	is_string(text)
	parts := split(replace(replace(lower(text), "-", "_"), ".", "_"), "_")
	some part in parts
	part in words
	not parts[count(parts) - 1] in about
}

# Beginnings of credentials that issuers made recognisable.
prefixes := {
	"AKIA",
	"ASIA",
	"AIza",
	"ghp_",
	"gho_",
	"ghs_",
	"github_pat_",
	"glpat-",
	"hvs.",
	"sk_live_",
	"xoxb-",
	"xoxp-",
	"-----BEGIN ",
}

# Whether a value is a credential by its looks.
value(text) if {
	is_string(text)
	some prefix in prefixes
	startswith(text, prefix)
	count(text) > 15
}

# A user and a password before the host of an address.
value(text) if {
	is_string(text)
	contains(text, "://")
	authority := split(split(text, "://")[1], "/")[0]
	[user, _] := split(authority, "@")
	[_, password] := split(user, ":")
	password != ""
	not reference(password)
}

# A value that the kubelet takes from another variable.
reference(text) if {
	startswith(text, "$(")
	endswith(text, ")")
}
