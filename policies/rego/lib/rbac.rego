# What the rules of roles grant.
package dharma.lib.rbac

import data.dharma.lib.lists

# The rules of a role that concern a resource of a group, with their numbers; wildcards concern all.
concerning(role, group, resource) := [{"number": number, "verbs": lists.at(rule, ["verbs"])} |
	some number, rule in lists.at(role, ["rules"])
	among(lists.at(rule, ["apiGroups"]), group)
	among(lists.at(rule, ["resources"]), resource)
]

# Whether a list of a rule names something, by itself or by the wildcard.
among(names, name) if name in names

among(names, _) if "*" in names

# Whether verbs of a rule include one of several.
some_of(verbs, wanted) if {
	some verb in wanted
	among(verbs, verb)
}

reading := {"get", "list", "watch"}

writing := {"create", "update", "patch", "delete", "deletecollection"}
