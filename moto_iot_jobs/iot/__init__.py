"""The control plane of IoT Jobs in moto's own shape, over the store that both planes share."""
