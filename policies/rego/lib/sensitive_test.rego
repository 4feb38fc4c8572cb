package dharma.lib.sensitive_test

import data.dharma.lib.sensitive

test_names_of_credentials if {
	every name in ["DATABASE_PASSWORD", "api-key", "TOKEN", "client.secret", "SIGNING_KEY", "AWS_SECRET_ACCESS_KEY"] {
		sensitive.name(name)
	}
}

test_names_about_credentials_and_other_names if {
	every name in ["TOKEN_FILE", "SECRET_NAME", "KEY_ID", "JWT_TOKEN_TTL", "KEYBOARD", "LOG_FORMAT", "MONKEY", 7] {
		not sensitive.name(name)
	}
}

# Values are put together here, so that no scanner takes them for real.
test_values_of_credentials if {
	every value in [
		concat("", ["AKIA", "EXAMPLEEXAMPLE00"]),
		concat("", ["-----BEGIN ", "PRIVATE KEY-----"]),
		concat("", ["postgres://app:", "example@db/orders"]),
	] {
		sensitive.value(value)
	}
}

test_other_values if {
	every value in [
		"AKIA",
		"postgres://db/orders",
		"postgres://app@db/orders",
		"postgres://app:$(PASSWORD)@db/orders",
		"a:b@c",
		"json",
		7,
	] {
		not sensitive.value(value)
	}
}

test_reference_to_another_variable if {
	sensitive.reference("$(PASSWORD)")
	not sensitive.reference("$PASSWORD")
}
