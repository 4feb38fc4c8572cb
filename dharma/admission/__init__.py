"""Admission: the rules compiled for the places of enforcement in a cluster."""
