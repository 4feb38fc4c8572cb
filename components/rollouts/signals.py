"""How Argo Rollouts lets itself be watched."""

from __future__ import annotations

from dharma.signals import Alert, Dashboard, Metric, Panel

ALERTS = (
    Alert(
        name="RolloutsControllerDown",
        expression='absent(up{job="argo-rollouts-metrics"} == 1)',
        lasting="10m",
        severity="critical",
        summary="No Argo Rollouts controller is there: deliveries neither advance nor roll back.",
        remedy="Look at the pods in namespace argo-rollouts: events first, then the log of the leader.",
    ),
    Alert(
        name="RolloutDegraded",
        expression='max by (namespace, name) (rollout_info{phase="Degraded"}) > 0',
        lasting="15m",
        severity="warning",
        summary="Rollout {{ $labels.namespace }}/{{ $labels.name }} was aborted or cannot progress.",
        remedy="`kubectl argo rollouts get rollout` shows the failed analysis; revert the change or retry.",
    ),
    Alert(
        name="AnalysisFailed",
        expression='max by (namespace, name) (analysis_run_info{phase=~"Failed|Error"}) > 0',
        lasting="1m",
        severity="info",
        summary="Analysis {{ $labels.namespace }}/{{ $labels.name }} judged a new version bad.",
        remedy="Its status names the metric and the measured values; `Error` means that none came.",
    ),
)
DASHBOARDS = (
    Dashboard(
        name="rollouts",
        title="Deliveries",
        panels=(
            Panel(title="Rollouts by phase", query="count by (phase) (rollout_info)"),
            Panel(title="Analyses by phase", query="count by (phase) (analysis_run_info)"),
            Panel(
                title="Reconciliation time, 95th percentile",
                query="histogram_quantile(0.95, sum by (le) (rate(rollout_reconcile_bucket[5m])))",
                unit="s",
            ),
            Panel(
                title="Failed reconciliations",
                query="sum by (namespace) (rate(rollout_reconcile_error[5m]))",
                unit="reqps",
            ),
        ),
    ),
)
METRICS = (
    Metric(name="rollout_info", kind="gauge", labels=("namespace", "name", "phase", "strategy")),
    Metric(name="rollout_reconcile", kind="histogram", labels=("namespace", "name")),
    Metric(name="rollout_reconcile_error", kind="counter", labels=("namespace", "name")),
    Metric(name="analysis_run_info", kind="gauge", labels=("namespace", "name", "phase")),
)
