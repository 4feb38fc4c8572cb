"""Programs that bring a cluster up, found as files of the package."""
