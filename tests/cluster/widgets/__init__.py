"""Component `widgets`: an operator, its definition and a custom resource, small enough to come and go."""
