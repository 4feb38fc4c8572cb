package dharma.reliability.topology_spread_test

import data.dharma.lib.samples_test as samples
import data.dharma.reliability.topology_spread as rule

test_crowded_replicas_are_refused if {
	subject := samples.deployment({"topologySpreadConstraints": [{"topologyKey": "example.org/rack"}]})
	findings := rule.deny with input.object as subject
	findings == {{"message": "may run all its replicas on one node", "path": "spec.template.spec.topologySpreadConstraints"}}
}

test_silence_is_refused if {
	subject := samples.deployment({"affinity": {"nodeAffinity": {}}})
	findings := rule.deny with input.object as subject
	findings == {{"message": "may run all its replicas on one node", "path": "spec.template.spec.topologySpreadConstraints"}}
}

test_spread_over_zones_passes if {
	subject := samples.deployment({"topologySpreadConstraints": [{"topologyKey": "topology.kubernetes.io/zone"}]})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_keeping_apart_passes if {
	subject := samples.deployment({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}})
	findings := rule.deny with input.object as subject
	findings == set()
}

test_one_replica_cannot_be_spread if {
	subject := samples.workload("Deployment", {"replicas": 1, "template": {"spec": {}}})
	findings := rule.deny with input.object as subject
	findings == set()
}
