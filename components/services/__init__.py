"""Component `services`: the golden path of every declared service."""
