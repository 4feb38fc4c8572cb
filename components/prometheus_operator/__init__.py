"""The Prometheus operator."""
