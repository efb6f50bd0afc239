"""The botocore models of the services: the only module that knows where they come from."""

from __future__ import annotations

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from .deviations import AMENDED_MEMBERS, AMENDED_TRAITS

__all__ = ["OperationModel", "ServiceModel", "Shape", "blob_payload", "load"]


def load(service: str) -> ServiceModel:
    """Load the newest model of a service, amended where the service does otherwise.

    Args:
        service: botocore's name of it, for instance ``iot-jobs-data``.
    """
    model = Loader().load_service_model(service, "service-2")
    for shape, traits in AMENDED_TRAITS.get(service, {}).items():
        if shape in model["shapes"]:
            model["shapes"][shape].update(traits)
    for (structure, member), traits in AMENDED_MEMBERS.get(service, {}).items():
        amended = model["shapes"][structure]["members"][member]
        name = f"{amended['shape']}Of{structure}"
        model["shapes"][name] = {**model["shapes"][amended["shape"]], **traits}
        amended["shape"] = name
    return ServiceModel(model, service)


def blob_payload(shape: Shape | None) -> str | None:
    """Return the name of the member that is the whole body as it is.

    None if there is none.
    """
    payload = shape.serialization.get("payload") if shape is not None else None
    return payload if shape and payload and shape.members[payload].type_name == "blob" else None
