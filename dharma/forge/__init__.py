"""The forge that holds the repository: one comment of a change, kept up to date."""
