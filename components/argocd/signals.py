"""How Argo CD lets itself be watched."""

from __future__ import annotations

from dharma.signals import Alert, Dashboard, Metric, Panel

ALERTS = (
    Alert(
        name="ArgocdDown",
        expression='absent(up{job="argo-cd-argocd-application-controller-metrics"} == 1)',
        lasting="10m",
        severity="critical",
        summary="No Argo CD controller is there: nothing is delivered and no drift is undone.",
        remedy="Look at the pods in namespace argocd: events first, then the controller's log.",
    ),
    Alert(
        name="ApplicationOutOfSync",
        expression='max by (name, project) (argocd_app_info{sync_status!="Synced"}) > 0',
        lasting="30m",
        severity="warning",
        summary="Application {{ $labels.name }} has not been what Git says for half an hour.",
        remedy="`argocd app diff` shows what differs; the last operation's message says why it stays so.",
    ),
    Alert(
        name="ApplicationDegraded",
        expression='max by (name, project) (argocd_app_info{health_status=~"Degraded|Missing"}) > 0',
        lasting="15m",
        severity="warning",
        summary="Application {{ $labels.name }} is not healthy.",
        remedy="`argocd app get` names the object; look at its events, roll back a bad change.",
    ),
    Alert(
        name="SyncsFail",
        expression='sum by (name) (increase(argocd_app_sync_total{phase=~"Error|Failed"}[30m])) > 3',
        lasting="1m",
        severity="warning",
        summary="Syncs of {{ $labels.name }} fail again and again.",
        remedy="Read the operation's message: most often an admission webhook or a quota refuses an object.",
    ),
)
DASHBOARDS = (
    Dashboard(
        name="argocd",
        title="Delivery",
        panels=(
            Panel(title="Applications by sync", query="count by (sync_status) (argocd_app_info)"),
            Panel(title="Applications by health", query="count by (health_status) (argocd_app_info)"),
            Panel(title="Syncs", query="sum by (phase) (rate(argocd_app_sync_total[5m]))", unit="reqps"),
            Panel(
                title="Reconciliation time, 95th percentile",
                query="histogram_quantile(0.95, sum by (le) (rate(argocd_app_reconcile_bucket[5m])))",
                unit="s",
            ),
            Panel(
                title="Git requests",
                query="sum by (request_type) (rate(argocd_git_request_total[5m]))",
                unit="reqps",
            ),
        ),
    ),
)
METRICS = (
    Metric(
        name="argocd_app_info",
        kind="gauge",
        labels=("name", "project", "sync_status", "health_status", "repo", "dest_namespace"),
    ),
    Metric(name="argocd_app_sync_total", kind="counter", labels=("name", "project", "phase")),
    Metric(name="argocd_app_reconcile", kind="histogram", labels=("namespace", "dest_server")),
    Metric(name="argocd_git_request_total", kind="counter", labels=("repo", "request_type")),
    Metric(name="argocd_git_request_duration_seconds", kind="histogram", labels=("repo", "request_type")),
    Metric(name="argocd_kubectl_exec_pending", kind="gauge", labels=("command",)),
)
