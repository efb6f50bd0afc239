"""AWS IoT Commands: one-time instructions to one device over MQTT, a neighbour of Jobs.

The rules stand in `states` and `service`. `neighbour` plugs all of it in beside Jobs.
"""
