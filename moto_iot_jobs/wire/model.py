"""The botocore models of both planes: the only module that knows where they come from."""

from __future__ import annotations

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from .deviations import AMENDED_TRAITS

__all__ = ["OperationModel", "ServiceModel", "Shape", "load"]


def load(service: str) -> ServiceModel:
    """Load the newest model of a service, amended where the service does otherwise.

    Args:
        service: botocore's name of it, ``iot`` or ``iot-jobs-data``.
    """
    model = Loader().load_service_model(service, "service-2")
    for shape, traits in AMENDED_TRAITS[service].items():
        if shape in model["shapes"]:
            model["shapes"][shape].update(traits)
    return ServiceModel(model, service)
