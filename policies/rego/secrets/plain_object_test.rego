package dharma.secrets.plain_object_test

import data.dharma.secrets.plain_object as rule

test_secret_with_data_is_refused if {
	subject := {"kind": "Secret", "data": {"password": "eA=="}, "stringData": {"token": "x"}}
	findings := rule.deny with input.object as subject
	findings == {
		{"message": "is a Secret with its values in the repository", "path": "data"},
		{"message": "is a Secret with its values in the repository", "path": "stringData"},
	}
}

test_secret_that_others_fill_passes if {
	subject := {"kind": "Secret", "type": "kubernetes.io/service-account-token", "data": {}}
	findings := rule.deny with input.object as subject
	findings == set()
}
