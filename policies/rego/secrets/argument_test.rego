package dharma.secrets.argument_test

import data.dharma.lib.samples_test as samples
import data.dharma.secrets.argument as rule

test_flag_with_a_value_is_refused if {
	subject := samples.one({"args": ["--port=80", "--api-token=x"]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "args of container app hold a credential", "path": "spec.template.spec.containers[0].args[1]"}}
}

test_flag_followed_by_a_value_is_refused if {
	subject := samples.one({"command": ["serve", "--password", "x"]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "command of container app hold a credential", "path": "spec.template.spec.containers[0].command[2]"}}
}

test_credential_in_an_address_is_refused if {
	subject := samples.one({"args": [concat("", ["postgres://app:", "example@db"])]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "args of container app hold a credential", "path": "spec.template.spec.containers[0].args[0]"}}
}

test_references_files_and_switches_pass if {
	subject := samples.one({"command": ["serve"], "args": ["--password=$(PASSWORD)", "--token-file=/run/token", "--token", "$(TOKEN)", "--secret", "--verbose", "--key="]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_container_without_arguments_passes if {
	subject := samples.one({})
	findings := rule.deny with input.object as subject
	findings == set()
}
