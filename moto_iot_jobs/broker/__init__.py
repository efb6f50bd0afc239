"""An MQTT 3.1.1 and 5 broker that knows nothing of moto or of Jobs."""
