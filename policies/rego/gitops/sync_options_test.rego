package dharma.gitops.sync_options_test

import data.dharma.gitops.sync_options

found(options, ignored) := findings if {
	findings := sync_options.deny with input as {"object": {"spec": {
		"ignoreDifferences": ignored,
		"syncPolicy": {"syncOptions": options},
	}}}
}

server := "ServerSideApply=true"

test_applying_on_the_server_passes if {
	found([server], []) == set()
	found([server, "RespectIgnoreDifferences=true"], [{"kind": "Rollout"}]) == set()
}

test_applying_on_the_client_is_denied if {
	client := {{"message": "does not apply on the server", "path": "spec.syncPolicy.syncOptions"}}
	found([], []) == client
	found(["ServerSideApply=false"], []) == client
	found(null, null) == client
}

test_ignored_fields_must_be_respected if {
	found([server], [{"kind": "Rollout"}]) == {{
		"message": "overwrites fields that it ignores",
		"path": "spec.syncPolicy.syncOptions",
	}}
}

test_options_that_delete_or_skip_checks_are_denied if {
	every option in ["Validate=false", "Force=true", "Replace=true"] {
		found([server, option], []) == {{
			"message": sprintf("syncs with %s, which deletes or skips checks", [option]),
			"path": "spec.syncPolicy.syncOptions[1]",
		}}
	}
}
