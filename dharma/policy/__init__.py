"""Policy: rules in Rego, the engines that evaluate them, and what is accepted for a while."""
