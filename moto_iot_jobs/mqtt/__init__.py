"""MQTT for devices: topics, packets, sessions, a small broker and the endpoint that listens.

Everything but :mod:`~moto_iot_jobs.mqtt.endpoint` and :mod:`~moto_iot_jobs.mqtt.connection` is free of input and output.
"""
