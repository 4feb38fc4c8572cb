"""Delivery: how the generated tree reaches the clusters, and what runs there."""
