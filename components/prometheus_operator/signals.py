"""How the Prometheus operator lets itself be watched."""

from __future__ import annotations

from dharma.signals import Alert, Dashboard, Metric, Panel

ALERTS = (
    Alert(
        name="PrometheusOperatorDown",
        expression='absent(up{job="prometheus-operator-kube-p-operator"} == 1)',
        lasting="10m",
        severity="critical",
        summary="The Prometheus operator is not there: new monitors and rules have no effect.",
        remedy="Look at the operator's pod in namespace monitoring: events first, then its log.",
    ),
    Alert(
        name="PrometheusOperatorReconcileErrors",
        expression="sum by (controller) (rate(prometheus_operator_reconcile_errors_total[5m]))"
        " / sum by (controller) (rate(prometheus_operator_reconcile_operations_total[5m])) > 0.1",
        lasting="10m",
        severity="warning",
        summary="More than a tenth of the operator's reconciliations fail.",
        remedy="The operator's log names the object; most often a rule or monitor does not parse.",
    ),
    Alert(
        name="PrometheusOperatorRejectedResources",
        expression='min_over_time(prometheus_operator_managed_resources{state="rejected"}[5m]) > 0',
        lasting="5m",
        severity="warning",
        summary="The operator leaves out a monitor, rule or configuration because it is invalid.",
        remedy="The operator's log and the object's events say which field; mend it in Git.",
    ),
)
DASHBOARDS = (
    Dashboard(
        name="prometheus-operator",
        title="Prometheus operator",
        panels=(
            Panel(
                title="Reconciliations",
                query="sum by (controller) (rate(prometheus_operator_reconcile_operations_total[5m]))",
                unit="reqps",
            ),
            Panel(
                title="Failed reconciliations",
                query="sum by (controller) (rate(prometheus_operator_reconcile_errors_total[5m]))",
                unit="reqps",
            ),
            Panel(
                title="Managed resources",
                query="sum by (resource, state) (prometheus_operator_managed_resources)",
            ),
        ),
    ),
)
METRICS = (
    Metric(name="prometheus_operator_reconcile_operations_total", kind="counter", labels=("controller",)),
    Metric(name="prometheus_operator_reconcile_errors_total", kind="counter", labels=("controller",)),
    Metric(
        name="prometheus_operator_managed_resources", kind="gauge", labels=("controller", "resource", "state")
    ),
)
