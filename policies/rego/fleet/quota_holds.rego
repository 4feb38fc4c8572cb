# METADATA
# title: Quotas hold what the tenant's workloads may grow to
# description: |
#   Where all workloads at their most replicas ask for more than the quota, the last to scale
#   gets no pods, which is when they are needed. Sidecars of the mesh count too.
# custom:
#   id: fleet/quota-holds
#   severity: deny
#   kinds: [Fleet]
#   remediation:
#     text: Raise the tenant's quota, or lower replicas or requests.
#     good: |
#       quota: {cpu: '64', memory: 96Gi, pods: 250}
#     bad: |
#       quota: {cpu: '1', memory: 1Gi, pods: 1}
#   controls:
#     soc2: ["A1.1"]
package dharma.fleet.quota_holds

import data.dharma.lib.fleet
import data.dharma.lib.lists
import data.dharma.lib.quantities

deny contains finding if {
	some target in data.fleet.targets
	some tenant, quota in target.quota
	some resource in ["cpu", "memory"]
	most := quantities.milli(quota[resource])
	wanted := sum([asked |
		some workload in fleet.running(target, tenant)
		asked := _most(target, workload) * _requested(target, workload, resource)
	])
	wanted > most
	message := sprintf("may ask for %v percent of its quota of %s", [round((wanted * 100) / most), resource])
	finding := fleet.finding(target, sprintf("/Namespace//%s", [tenant]), "", message)
}

deny contains finding if {
	some target in data.fleet.targets
	some tenant, quota in target.quota
	wanted := sum([replicas |
		some workload in fleet.running(target, tenant)
		replicas := _most(target, workload)
	])
	wanted > quota.pods
	message := sprintf("may run %d pods, its quota is %d", [wanted, quota.pods])
	finding := fleet.finding(target, sprintf("/Namespace//%s", [tenant]), "", message)
}

deny contains finding if {
	some target in data.fleet.targets
	some tenant, quota in target.quota
	most := quantities.milli(quota.storage)
	wanted := sum([asked |
		some workload in fleet.running(target, tenant)
		some claim in lists.at(workload.body, ["spec", "volumeClaimTemplates"])
		asked := _most(target, workload) * quantities.milli(claim.spec.resources.requests.storage)
	])
	wanted > most
	message := sprintf("may ask for %v percent of its quota of storage", [round((wanted * 100) / most)])
	finding := fleet.finding(target, sprintf("/Namespace//%s", [tenant]), "", message)
}

_most(target, workload) := max(array.concat([object.get(workload.body, ["spec", "replicas"], 1)], scaled)) if {
	scaled := [scaler.spec.maxReplicas |
		some scaler in fleet.within(target, "autoscaling/HorizontalPodAutoscaler", workload.namespace)
		scaler.spec.scaleTargetRef.name == workload.name
	]
}

_requested(target, workload, resource) := sum(array.concat(own, proxies)) if {
	own := [quantities.milli(amount) |
		some container in lists.at(workload.body, ["spec", "template", "spec", "containers"])
		amount := container.resources.requests[resource]
	]
	proxies := [quantities.milli(amount) |
		labels := fleet.within(target, "/Namespace", "")[workload.namespace].metadata.labels
		labels["istio-injection"] == "enabled"
		some amount in object.get(_proxy, [target.name, resource], set())
	]
}

# What a sidecar asks for, as the values of the mesh's chart say it.
_proxy[target.name][resource] contains amount if {
	some target in data.fleet.targets
	some application in fleet.of_kind(target, "argoproj.io/Application")
	application.spec.source.chart == "istiod"
	some resource, amount in application.spec.source.helm.valuesObject.global.proxy.resources.requests
}
