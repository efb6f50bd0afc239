"""Tags of what moto keeps and cannot tag: thing groups, thing types and billing groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.iot.models import IoTBackend

from tests.aws.test_tags import pairs, tags

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


KINDS = ["thinggroup", "thingtype"]
if hasattr(IoTBackend, "create_billing_group"):
    KINDS.append("billinggroup")


@pytest.mark.parametrize("kind", KINDS)
def test_what_moto_keeps_and_cannot_tag_is_tagged_here(aws: Aws, kind: str) -> None:
    makers: dict[str, tuple[Any, Any, str]] = {
        "thinggroup": (aws.iot.create_thing_group, aws.iot.delete_thing_group, "thingGroup"),
        "thingtype": (aws.iot.create_thing_type, aws.iot.delete_thing_type, "thingType"),
        "billinggroup": (
            aws.iot.create_billing_group,
            aws.iot.delete_billing_group,
            "billingGroup",
        ),
    }
    create, delete, what = makers[kind]
    arn = create(**{f"{what}Name": "r1"})[f"{what}Arn"]
    assert tags(aws, arn) == {}
    aws.iot.tag_resource(resourceArn=arn, tags=pairs(a="1", b="2"))
    aws.iot.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert tags(aws, arn) == {"b": "2"}
    if kind == "thingtype":
        aws.iot.deprecate_thing_type(thingTypeName="r1")
    delete(**{f"{what}Name": "r1"})
    aws.raises(
        "ResourceNotFoundException",
        404,
        aws.iot.tag_resource,
        resourceArn=arn,
        tags=pairs(a="1"),
    )
    create(**{f"{what}Name": "r1"})
    assert tags(aws, arn) == {}
