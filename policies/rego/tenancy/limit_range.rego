# METADATA
# title: Namespaces give defaults to containers that ask for nothing
# description: |
#   Under a quota a pod without requests is refused; defaults let it in at a known size, and a
#   default below its own request makes every such pod fail.
# custom:
#   id: tenancy/limit-range
#   severity: deny
#   kinds: [LimitRange]
#   remediation:
#     text: >-
#       Give default requests of cpu and memory and a default limit of memory.
#     good: |
#       spec: {limits: [{type: Container, defaultRequest: {cpu: 100m, memory: 128Mi}, default: {memory: 128Mi}}]}
#     bad: |
#       spec: {limits: [{type: Pod, max: {cpu: "8"}}]}
#   controls:
#     nsa: ["resource-policies"]
#     soc2: ["A1.1"]
package dharma.tenancy.limit_range

import data.dharma.lib.lists
import data.dharma.lib.objects
import data.dharma.lib.quantities

wanted := [["defaultRequest", "cpu"], ["defaultRequest", "memory"], ["default", "memory"]]

deny contains finding if {
	some [field, resource] in wanted
	not given(field, resource)
	finding := {
		"message": sprintf("gives containers no %s of %s", [field, resource]),
		"path": "spec.limits",
	}
}

deny contains finding if {
	some index, item in lists.at(input.object, ["spec", "limits"])
	some smaller, greater in {"defaultRequest": "default", "default": "max"}
	some resource, amount in objects.at(item, [smaller])
	quantities.milli(amount) > quantities.milli(item[greater][resource])
	finding := {
		"message": sprintf("has a %s of %s above its %s", [smaller, resource, greater]),
		"path": sprintf("spec.limits[%v].%s.%s", [index, smaller, resource]),
	}
}

given(field, resource) if {
	some item in lists.at(input.object, ["spec", "limits"])
	item.type == "Container"
	quantities.milli(item[field][resource]) > 0
}
