"""Printers of the gate's report, one a format."""
