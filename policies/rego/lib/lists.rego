# Arrays inside objects of any shape.
package dharma.lib.lists

# The array at a path; empty where there is none or where it is something else.
at(value, path) := found if {
	is_object(value)
	found := object.get(value, path, [])
	is_array(found)
} else := []
