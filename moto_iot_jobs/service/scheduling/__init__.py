"""Schedules, maintenance windows and AWS's cron dialect."""
