package dharma.reliability.termination_grace_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.termination_grace as rule

test_hook_as_long_as_the_grace_is_refused if {
	subject := samples.deployment({"terminationGracePeriodSeconds": 5, "containers": [{"name": "app", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app waits 5 of the 5 seconds that it has to end", "path": "spec.template.spec.terminationGracePeriodSeconds"}}
}

test_sleeping_command_is_counted if {
	subject := samples.one({"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "sleep 40"]}}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "container app waits 40 of the 30 seconds that it has to end", "path": "spec.template.spec.terminationGracePeriodSeconds"}}
}

test_short_hooks_pass if {
	subject := samples.deployment({"containers": [{"name": "a", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}, {"name": "b", "lifecycle": {"preStop": {"exec": {"command": ["drain", "now"]}}}}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_other_units_are_not_read if {
	subject := samples.one({"lifecycle": {"preStop": {"exec": {"command": ["sleep", "1m"]}}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
