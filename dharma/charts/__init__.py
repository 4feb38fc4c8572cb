"""Charts: official Helm charts pinned by digest, checked before use, rendered by the real helm.

declarations ──reference──▶ lock ◀──vendor── repository (HTTP, OCI)
                             │
                           store ──archive──▶ values ──▶ inflation ──▶ manifests
"""
