package dharma.lib.lists_test

import data.dharma.lib.lists

test_an_array_is_found_at_its_path if lists.at({"a": {"b": [1]}}, ["a", "b"]) == [1]

test_nothing_is_found_where_nothing_is if lists.at({"a": {}}, ["a", "b"]) == []

test_what_is_no_array_counts_as_none if {
	lists.at({"a": "b"}, ["a"]) == []
	lists.at({"a": null}, ["a"]) == []
	lists.at({"a": "b"}, ["a", "b"]) == []
	lists.at("text", ["a"]) == []
}
