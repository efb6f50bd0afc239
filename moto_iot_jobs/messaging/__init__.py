"""What AWS publishes about jobs, and what devices ask over MQTT, without any network: topics and payloads."""
