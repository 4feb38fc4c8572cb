"""How Gatekeeper lets itself be watched."""

from __future__ import annotations

from dharma.signals import Alert, Dashboard, Metric, Panel

ALERTS = (
    Alert(
        name="GatekeeperWebhookDown",
        expression='absent(up{job="gatekeeper-system/gatekeeper",pod=~"gatekeeper-controller.*"} == 1)',
        lasting="5m",
        severity="critical",
        summary="No Gatekeeper answers the API server: where it fails closed, changes are refused.",
        remedy="Look at the pods in gatekeeper-system: events first, then logs. In need, delete the"
        " ValidatingWebhookConfiguration; Argo CD brings it back.",
    ),
    Alert(
        name="GatekeeperWebhookSlow",
        expression="histogram_quantile(0.99, sum by (le)"
        " (rate(gatekeeper_validation_request_duration_seconds_bucket[5m]))) > 1",
        lasting="10m",
        severity="warning",
        summary="A hundredth of all changes waits more than a second for Gatekeeper.",
        remedy="`dharma rules profile` names the dearest rules; give Gatekeeper more replicas or memory.",
    ),
    Alert(
        name="GatekeeperAuditStale",
        expression="time() - max(gatekeeper_audit_last_run_end_time) > 3600",
        lasting="10m",
        severity="warning",
        summary="Nothing that runs was audited for an hour; what is shown of violations may be old.",
        remedy="The log of gatekeeper-audit says how far it came; it is restarted when memory runs out.",
    ),
    Alert(
        name="GatekeeperViolations",
        expression='max(gatekeeper_violations{enforcement_action="deny"}) > 0',
        lasting="30m",
        severity="warning",
        summary="Objects run that a rule denies: they are older than the rule, or came past Gatekeeper.",
        remedy="`kubectl get constraints` counts them; each constraint's status names objects and why."
        " Mend them in Git, or grant a waiver.",
    ),
    Alert(
        name="GatekeeperTemplateErrors",
        expression='max(gatekeeper_constraint_templates{status="error"}) > 0'
        ' or max(gatekeeper_constraints{status="error"}) > 0',
        lasting="10m",
        severity="critical",
        summary="Gatekeeper could not take a rule in: it is not enforced.",
        remedy="The ConstraintTemplate's status has the error; `dharma rules test` finds it before.",
    ),
)
DASHBOARDS = (
    Dashboard(
        name="governance",
        title="Governance",
        panels=(
            Panel(
                title="Answers",
                query="sum by (admission_status) (rate(gatekeeper_validation_request_count_total[5m]))",
                unit="reqps",
            ),
            Panel(
                title="Time to answer, 99th percentile",
                query="histogram_quantile(0.99, sum by (le)"
                " (rate(gatekeeper_validation_request_duration_seconds_bucket[5m])))",
                unit="s",
            ),
            Panel(
                title="Violations by what is done about them",
                query="max by (enforcement_action) (gatekeeper_violations)",
            ),
            Panel(title="Constraints", query="max by (enforcement_action, status) (gatekeeper_constraints)"),
            Panel(
                title="Age of the last audit",
                query="time() - max(gatekeeper_audit_last_run_end_time)",
                unit="s",
            ),
        ),
    ),
)
METRICS = (
    Metric(
        name="gatekeeper_validation_request_count",
        kind="counter",
        labels=("admission_status", "admission_dryrun"),
    ),
    Metric(
        name="gatekeeper_validation_request_duration_seconds", kind="histogram", labels=("admission_status",)
    ),
    Metric(name="gatekeeper_violations", kind="gauge", labels=("enforcement_action",)),
    Metric(name="gatekeeper_audit_last_run_end_time", kind="gauge"),
    Metric(name="gatekeeper_constraint_templates", kind="gauge", labels=("status",)),
    Metric(name="gatekeeper_constraints", kind="gauge", labels=("enforcement_action", "status")),
)
