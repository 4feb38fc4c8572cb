package dharma.secrets.literal_variable_test

import data.dharma.lib.samples_test as samples
import data.dharma.secrets.literal_variable as rule

test_value_of_a_password_is_refused if {
	subject := samples.one({"env": [{"name": "LOG", "value": "json"}, {"name": "DATABASE_PASSWORD", "value": "x"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "variable DATABASE_PASSWORD of container app holds a credential", "path": "spec.template.spec.containers[0].env[1].value"}}
}

test_credential_in_an_address_is_refused if {
	subject := samples.pod({"initContainers": [{"name": "a", "env": [{"name": "DATABASE", "value": concat("", ["postgres://app:", "example@db"])}]}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "variable DATABASE of container a holds a credential", "path": "spec.initContainers[0].env[0].value"}}
}

test_references_and_harmless_names_pass if {
	subject := samples.one({"env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}, {"name": "TOKEN_FILE", "value": "/run/token"}, {"name": "TOKEN", "value": "$(OTHER)"}, {"name": "KEY", "value": ""}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_container_without_variables_passes if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
