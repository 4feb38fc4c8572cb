package dharma.secrets.optional_reference_test

import data.dharma.lib.samples_test as samples
import data.dharma.secrets.optional_reference as rule

test_optional_variable_is_refused if {
	subject := samples.one({"env": [{"name": "A", "value": "1"}, {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": true}}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "variable PASSWORD of container app may be missing", "path": "spec.template.spec.containers[0].env[1].valueFrom.secretKeyRef.optional"}}
}

test_optional_volume_is_refused if {
	subject := samples.deployment({"volumes": [{"name": "tls", "secret": {"secretName": "a", "optional": true}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "secret volume tls may be missing", "path": "spec.template.spec.volumes[0].secret.optional"}}
}

test_needed_secrets_pass if {
	subject := samples.one({"env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": false}}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}
