package dharma.rbac.secrets_for_admins_test

import data.dharma.rbac.secrets_for_admins

found(name, resource, verb) := findings if {
	findings := secrets_for_admins.deny with input as {"object": {
		"metadata": {"name": name},
		"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, {
			"apiGroups": [""],
			"resources": [resource],
			"verbs": [verb],
		}],
	}}
}

test_other_resources_pass if found("tenant-viewer", "configmaps", "list") == set()

test_administrators_read_secrets if found("tenant-admin", "secrets", "get") == set()

test_writing_without_reading_passes if found("sealer", "secrets", "create") == set()

test_others_do_not_read_secrets if {
	every verb in ["get", "list", "watch", "*"] {
		found("tenant-viewer", "secrets", verb) == {{
			"message": "lets people who are no administrators read secrets",
			"path": "rules[1].resources",
		}}
	}
	count(found("tenant-viewer", "*", "get")) == 1
}
