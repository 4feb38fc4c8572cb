package dharma.rbac.no_escalation_test

import data.dharma.rbac.no_escalation

found(group, resource, verb) := findings if {
	findings := no_escalation.deny with input as {"object": {"rules": [{
		"apiGroups": [group],
		"resources": [resource],
		"verbs": ["get", verb],
	}]}}
}

test_reading_passes if {
	found("rbac.authorization.k8s.io", "clusterroles", "list") == set()
	found("apps", "deployments", "patch") == set()
	found("", "persistentvolumes", "watch") == set()
}

test_verbs_that_lead_to_more_are_denied if {
	every verb in ["escalate", "bind", "impersonate", "approve", "sign"] {
		found("x.example", "things", verb) == {{
			"message": sprintf("lets its holders %s", [verb]),
			"path": "rules[0].verbs[1]",
		}}
	}
}

test_changing_what_grants_rights_is_denied if {
	every pair in [
		["", "persistentvolumes"],
		["", "serviceaccounts/token"],
		["rbac.authorization.k8s.io", "rolebindings"],
		["admissionregistration.k8s.io", "mutatingwebhookconfigurations"],
		["certificates.k8s.io", "certificatesigningrequests/approval"],
	] {
		found(pair[0], pair[1], "create") == {{
			"message": sprintf("lets its holders change %s", [pair[1]]),
			"path": "rules[0].resources",
		}}
	}
}

test_talking_to_kubelets_is_denied if {
	found("", "nodes/proxy", "get") == {{
		"message": "lets its holders talk to kubelets past the API server",
		"path": "rules[0].resources",
	}}
}
