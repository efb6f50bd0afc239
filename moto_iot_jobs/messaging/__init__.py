"""Notifications and events as messages: topics and payloads, without a network."""
