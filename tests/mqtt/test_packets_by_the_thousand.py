"""Packets made up by hypothesis: whatever is encoded is decoded again, and no bytes at all lead to
an unknown error.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    RetainHandling,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from moto_iot_jobs.broker.properties import NO_PROPERTIES, Properties
from moto_iot_jobs.broker.reason_codes import ProtocolError, Reason
from tests.mqtt.client_codec import RETURN_CODES, Decoder, encode

V3, V5 = Version.V3_1_1, Version.V5

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
TOPIC = st.text(
    st.characters(exclude_characters="\0+#", exclude_categories=["Cs"]), min_size=1, max_size=20
)
FILTER = st.sampled_from(["#", "+", "a/+/b", "a/#", "$share/g/a", "/"]) | TOPIC.filter(
    lambda t: not t.startswith("$share")
)
DATA = st.binary(max_size=40)
PACKET_ID = st.integers(1, 65_535)
SHORT, LONG, FLAG = st.integers(0, 65_535), st.integers(0, (1 << 32) - 1), st.integers(0, 1)
USER = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
REASON = st.sampled_from(Reason)


def properties(**values: st.SearchStrategy[object]) -> st.SearchStrategy[Properties]:
    """Records with some of these properties; the one without any is the shared one."""
    chosen = st.fixed_dictionaries({}, optional={**values, "user_property": USER})
    made = chosen.map(lambda found: Properties(**found))  # type: ignore[arg-type]
    return made.map(lambda each: NO_PROPERTIES if each == NO_PROPERTIES else each)


MESSAGE = {
    "payload_format_indicator": FLAG,
    "message_expiry_interval": LONG,
    "content_type": TEXT,
    "response_topic": TOPIC,
    "correlation_data": DATA,
}
SAID = properties(reason_string=TEXT)
PUBLISHED = properties(
    **MESSAGE,
    topic_alias=st.integers(1, 65_535),
    subscription_identifier=st.lists(st.integers(1, 268_435_455), max_size=2).map(tuple),
)
WILL = st.builds(
    Will,
    TOPIC,
    DATA,
    st.integers(0, 2),
    st.booleans(),
    properties(**MESSAGE, will_delay_interval=LONG),
)
CONNECTING = properties(
    session_expiry_interval=LONG,
    receive_maximum=st.integers(1, 65_535),
    maximum_packet_size=st.integers(1, (1 << 32) - 1),
    topic_alias_maximum=SHORT,
    request_problem_information=FLAG,
    request_response_information=FLAG,
    authentication_method=TEXT,
    authentication_data=DATA,
)
CONNECTED = properties(
    session_expiry_interval=LONG,
    assigned_client_identifier=TEXT,
    server_keep_alive=SHORT,
    response_information=TEXT,
    server_reference=TEXT,
    reason_string=TEXT,
    receive_maximum=st.integers(1, 65_535),
    topic_alias_maximum=SHORT,
    maximum_qos=FLAG,
    retain_available=FLAG,
    maximum_packet_size=st.integers(1, (1 << 32) - 1),
    wildcard_subscription_available=FLAG,
    subscription_identifier_available=FLAG,
    shared_subscription_available=FLAG,
)


@st.composite
def subscribe_packets(draw: st.DrawFn) -> Subscribe:
    identifier = draw(st.none() | st.integers(1, 268_435_455))
    found = [
        Subscription(
            topic_filter,
            draw(st.integers(0, 2)),
            draw(st.booleans()) and not topic_filter.startswith("$share/"),
            draw(st.booleans()),
            draw(st.sampled_from(RetainHandling)),
            identifier,
        )
        for topic_filter in draw(st.lists(FILTER, min_size=1, max_size=4))
    ]
    extra = draw(properties())
    if identifier is not None:
        extra = Properties(subscription_identifier=(identifier,), user_property=extra.user_property)
    return Subscribe(draw(PACKET_ID), tuple(found), extra)


@st.composite
def publish_packets(draw: st.DrawFn) -> Publish:
    qos, extra = draw(st.integers(0, 2)), draw(PUBLISHED)
    topic = draw(TOPIC | st.just("")) if extra.topic_alias is not None else draw(TOPIC)
    packet_id, dup = (draw(PACKET_ID), draw(st.booleans())) if qos else (0, False)
    return Publish(topic, draw(DATA), qos, draw(st.booleans()), dup, packet_id, extra)


MAYBE = st.none()
OUTCOMES = st.sampled_from(
    [Reason.SUCCESS, Reason.GRANTED_QOS_1, Reason.GRANTED_QOS_2, Reason.QUOTA_EXCEEDED]
)
PACKETS_5: st.SearchStrategy[Packet] = st.one_of(
    st.builds(
        Connect,
        st.just(V5),
        TEXT,
        st.booleans(),
        SHORT,
        st.none() | TEXT,
        st.none() | DATA,
        st.none() | WILL,
        CONNECTING,
    ),
    st.builds(Connack, REASON, st.booleans(), CONNECTED),
    publish_packets(),
    st.builds(Puback, PACKET_ID, REASON, SAID),
    subscribe_packets(),
    st.builds(Suback, PACKET_ID, st.lists(OUTCOMES, max_size=4).map(tuple), SAID),
    st.builds(
        Unsubscribe, PACKET_ID, st.lists(FILTER, min_size=1, max_size=4).map(tuple), properties()
    ),
    st.builds(Unsuback, PACKET_ID, st.lists(REASON, max_size=4).map(tuple), SAID),
    st.builds(Pingreq),
    st.builds(Pingresp),
    st.builds(
        Disconnect,
        REASON,
        properties(session_expiry_interval=LONG, reason_string=TEXT, server_reference=TEXT),
    ),
)


def decoded(data: bytes, version: Version | None) -> list[Packet]:
    """All packets in the bytes. Lets ProtocolError pass."""
    decoder, found = Decoder(1 << 20, version), []
    decoder.feed(data)
    while (packet := decoder.next_packet()) is not None:
        found.append(packet)
    return found


def in_three_one_one(packet: Packet) -> Packet:
    """What is left of a packet when MQTT 3.1.1 has carried it."""
    data = encode(packet, V3)
    [back] = decoded(data, V3)
    assert encode(back, V3) == data
    return back


@settings(deadline=None)
@given(PACKETS_5)
def test_mqtt_5_gets_back_what_was_sent(packet: Packet) -> None:
    assert decoded(encode(packet, V5), V5) == [packet]


@settings(deadline=None, max_examples=50)
@given(st.lists(PACKETS_5, min_size=2, max_size=4), st.lists(st.integers(0, 300), max_size=6))
def test_it_does_not_matter_how_the_stream_is_cut(packets: list[Packet], cuts: list[int]) -> None:
    data = b"".join(encode(packet, V5) for packet in packets)
    decoder, found = Decoder(1 << 20, V5), []
    bounds = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in pairwise(bounds):
        decoder.feed(data[start:end])
        while (packet := decoder.next_packet()) is not None:
            found.append(packet)
    assert found == packets


@settings(deadline=None)
@given(TOPIC, DATA, st.integers(0, 2), st.booleans(), PACKET_ID)
def test_mqtt_3_1_1_gets_its_messages_back(
    topic: str, payload: bytes, qos: int, retain: bool, packet_id: int
) -> None:
    sent = Publish(topic, payload, qos, retain, bool(qos), packet_id if qos else 0)
    assert in_three_one_one(sent) == sent


@settings(deadline=None)
@given(
    st.builds(
        Connect,
        st.just(V3),
        TEXT,
        st.booleans(),
        SHORT,
        TEXT,
        st.none() | DATA,
        st.none() | st.builds(Will, TOPIC, DATA, st.integers(0, 2), st.booleans()),
    )
)
def test_mqtt_3_1_1_gets_its_connect_back(packet: Connect) -> None:
    assert in_three_one_one(packet) == packet


@settings(deadline=None)
@given(st.lists(FILTER, min_size=1, max_size=4), st.integers(0, 2), PACKET_ID, st.integers(0, 5))
def test_mqtt_3_1_1_gets_the_rest_back(
    filters: list[str], qos: int, packet_id: int, code: int
) -> None:
    reason = RETURN_CODES[code]
    for packet in (
        Subscribe(packet_id, tuple(Subscription(topic_filter, qos) for topic_filter in filters)),
        Unsubscribe(packet_id, tuple(filters)),
        Suback(packet_id, (Reason(qos), Reason.UNSPECIFIED_ERROR)),
        Unsuback(packet_id),
        Puback(packet_id),
        Connack(reason, bool(qos)),
        Disconnect(),
    ):
        assert in_three_one_one(packet) == packet


def read_or_fail(data: bytes, version: Version | None) -> None:
    """Decodes; anything but ProtocolError fails the test."""
    with suppress(ProtocolError):
        decoded(data, version)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=80), st.sampled_from([V3, V5, None]))
def test_no_garbage_leads_to_an_unknown_error(data: bytes, version: Version | None) -> None:
    read_or_fail(data, version)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 255), st.binary(max_size=100), st.sampled_from([V3, V5]))
def test_no_body_leads_to_an_unknown_error(first: int, body: bytes, version: Version) -> None:
    read_or_fail(bytes((first, len(body))) + body, version)


@settings(deadline=None, max_examples=150)
@given(PACKETS_5, st.data())
def test_no_damaged_packet_leads_to_an_unknown_error(packet: Packet, data: st.DataObject) -> None:
    wire = bytearray(encode(packet, V5))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(wire) - 1))
        match data.draw(st.sampled_from(["change", "drop", "insert"])):
            case "change":
                wire[position] = data.draw(st.integers(0, 255))
            case "drop" if len(wire) > 1:
                del wire[position]
            case _:
                wire.insert(position, data.draw(st.integers(0, 255)))
    for version in (V3, V5, None):
        read_or_fail(bytes(wire), version)
