package dharma.lib.pods_test

import data.dharma.lib.pods
import data.dharma.lib.samples_test as samples

test_pod_is_its_own_template if {
	pods.template(samples.pod({"containers": []})).spec == {"containers": []}
	pods.path({"kind": "Pod"}) == "spec"
	pods.metadata_path({"kind": "Pod"}) == "metadata"
}

test_workload_has_a_template if {
	pods.template(samples.deployment({"hostPID": true})).spec == {"hostPID": true}
	pods.path({"kind": "Rollout"}) == "spec.template.spec"
	pods.metadata_path({"kind": "Rollout"}) == "spec.template.metadata"
}

test_cron_job_has_a_template_two_levels_down if {
	pods.template(samples.cron_job({"hostPID": true})).spec == {"hostPID": true}
	pods.path({"kind": "CronJob"}) == "spec.jobTemplate.spec.template.spec"
}

test_other_kinds_have_no_pods if {
	not pods.template({"kind": "Service", "spec": {}})
	not pods.path({"kind": "Service"})
	pods.containers({"kind": "Service", "spec": {}}) == []
}

test_all_lists_of_containers_are_seen if {
	spec := {
		"containers": [{"name": "app"}, {}],
		"initContainers": [{"name": "migrate"}],
		"ephemeralContainers": [{"name": "debug"}],
	}
	pods.containers(samples.pod(spec)) == [
		{"name": "app", "list": "containers", "path": "spec.containers[0]", "body": {"name": "app"}},
		{"name": "#1", "list": "containers", "path": "spec.containers[1]", "body": {}},
		{
			"name": "migrate",
			"list": "initContainers",
			"path": "spec.initContainers[0]",
			"body": {"name": "migrate"},
		},
		{
			"name": "debug",
			"list": "ephemeralContainers",
			"path": "spec.ephemeralContainers[0]",
			"body": {"name": "debug"},
		},
	]
	[container.name | some container in pods.main(samples.pod(spec))] == ["app", "#1"]
	[container.name | some container in pods.scheduled(samples.pod(spec))] == ["app", "#1", "migrate"]
}

test_containers_and_volumes_that_are_no_list_are_none if {
	pods.containers(samples.pod({"containers": "app", "initContainers": null})) == []
	pods.volumes(samples.pod({"volumes": null})) == []
}

test_volumes_have_places if {
	pods.volumes(samples.pod({"volumes": [{"name": "tmp"}]})) == [{
		"name": "tmp",
		"path": "spec.volumes[0]",
		"body": {"name": "tmp"},
	}]
}

test_container_setting_comes_before_the_pods if {
	pod := samples.pod({"securityContext": {"runAsNonRoot": true}})
	pods.setting({"body": {"securityContext": {"runAsNonRoot": false}}}, pod, "runAsNonRoot") == false
	pods.setting({"body": {"securityContext": {"runAsNonRoot": null}}}, pod, "runAsNonRoot") == true
	pods.setting({"body": {}}, pod, "runAsNonRoot") == true
	not pods.setting({"body": {}}, pod, "runAsUser")
}

test_contexts_of_pod_and_containers if {
	spec := {
		"securityContext": {"runAsUser": 1},
		"containers": [{"name": "app", "securityContext": {"runAsUser": 2}}, {"name": "bare"}],
	}
	pods.contexts(samples.pod(spec)) == [
		{"owner": "the pod", "path": "spec.securityContext", "body": {"runAsUser": 1}},
		{
			"owner": "container app",
			"path": "spec.containers[0].securityContext",
			"body": {"runAsUser": 2},
		},
	]
	pods.contexts(samples.pod({"containers": [{"name": "bare"}]})) == []
}

test_windows_is_said_by_the_pod if {
	pods.windows(samples.pod({"os": {"name": "windows"}}))
	not pods.windows(samples.pod({}))
}

test_one_replica_or_none_is_single if {
	pods.single({"spec": {"replicas": 1}})
	pods.single({"spec": {"replicas": 0}})
	not pods.single({"spec": {"replicas": 2}})
	not pods.single({"spec": {}})
}
