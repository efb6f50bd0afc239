"""History, snapshots, API coverage and the dashboard."""
