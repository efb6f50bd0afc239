"""moto's `iot-data`, with shadows as AWS has them and messages that reach devices."""
