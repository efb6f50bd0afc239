"""`/moto-api/iot-jobs`: its handlers, and the client that public modules use."""
