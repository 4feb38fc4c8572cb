# Samples: small objects and a target that the tests of rules build on.
package dharma.lib.samples_test

target := {
	"name": "production/region-a",
	"environment": "production",
	"region": "region-a",
	"kubernetes": "1.34",
	"domain": "platform.example",
	"tenants": {"shop": {"costCentre": "cc-2000", "podSecurity": "restricted"}},
}

rehearsal := object.union(target, {"name": "staging/region-a", "environment": "staging"})

metadata := {"name": "web", "namespace": "shop"}

pod(spec) := {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

workload(kind, spec) := {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}

deployment(spec) := workload("Deployment", {"template": {"spec": spec}})

cron_job(spec) := workload("CronJob", {"jobTemplate": {"spec": {"template": {"spec": spec}}}})

# A Deployment whose pod has the one container `app`.
one(fields) := deployment({"containers": [object.union({"name": "app"}, fields)]})

# An object of any other kind in the tenant's namespace.
resource(kind, spec) := {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}

labelled(labels) := {"apiVersion": "v1", "kind": "Service", "metadata": object.union(metadata, {"labels": labels})}
