"""The server: HTTP, MQTT and HTTPS for devices, the bridge, and certificates."""
