"""Device shadows: the rules of their documents, one store, and both ways in, HTTP and MQTT.

Jobs do not import this package. It is reached through moto's `iot-data` and through topics.
"""
