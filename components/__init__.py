"""The shipped components; each is a folder with options, chart and README."""
