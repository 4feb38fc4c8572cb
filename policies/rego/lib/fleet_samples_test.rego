# A fleet of one target for tests of fleet rules.
package dharma.lib.fleet_samples_test

target(objects) := {
	"name": "production/region-a",
	"environment": "production",
	"region": "region-a",
	"ring": 3,
	"kubernetes": "1.34",
	"trustDomain": "cluster.local",
	"tenants": {"shop": {}, "data": {}},
	"network": {"pods": "10.0.0.0/16", "services": "10.1.0.0/16", "nodes": "10.2.0.0/20"},
	"pools": {},
	"quota": {},
	"calls": [],
	"components": {},
	"objects": objects,
}

fleet(objects) := {"targets": [target(objects)]}

finding(subject, path, message) := {
	"message": message,
	"path": path,
	"target": "production/region-a",
	"subject": subject,
}

# A workload with the label app, which runs as the account of the same name.
workload(name) := {"metadata": {"name": name}, "spec": {"replicas": 1, "template": {
	"metadata": {"labels": {"app": name}},
	"spec": {"serviceAccountName": name, "containers": []},
}}}

service(name) := {"metadata": {"name": name, "labels": {"app": name}}, "spec": {
	"selector": {"app": name},
	"ports": [{"name": "http", "port": 8080}],
}}

# An Application of an upstream chart, which brings pods to a namespace.
chart(namespace) := {"spec": {"source": {"chart": "x"}, "destination": {"namespace": namespace}}}
