package dharma.secrets.config_map_test

import data.dharma.secrets.config_map as rule

test_key_named_like_a_credential_is_refused if {
	subject := {"kind": "ConfigMap", "data": {"log": "json", "db.password": "x"}}
	findings := rule.deny with input.object as subject
	findings == {{"message": "db.password holds a credential", "path": "data[\"db.password\"]"}}
}

test_credential_in_an_address_is_refused if {
	subject := {"kind": "ConfigMap", "data": {"database": concat("", ["postgres://app:", "example@db"])}}
	findings := rule.deny with input.object as subject
	findings == {{"message": "database holds a credential", "path": "data[\"database\"]"}}
}

test_settings_pass if {
	subject := {"kind": "ConfigMap", "data": {"token-file": "/run/token", "password": "", "log": "json"}}
	findings := rule.deny with input.object as subject
	findings == set()
}
