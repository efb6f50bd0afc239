"""Packets byte by byte: the specification's own examples, what is refused, and why."""

from __future__ import annotations

import pytest

from moto_iot_jobs.broker.fields import Reader, write_binary, write_string, write_variable
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
from moto_iot_jobs.broker.properties import Properties
from moto_iot_jobs.broker.reason_codes import (
    ProtocolError,
    Reason,
    return_code,
)
from tests.mqtt.client_codec import Decoder, encode

V3, V5 = Version.V3_1_1, Version.V5


def decode(data: bytes, version: Version | None = V5, maximum_size: int = 1 << 20) -> Packet | None:
    decoder = Decoder(maximum_size, version)
    decoder.feed(data)
    return decoder.next_packet()


def error_of(data: bytes, version: Version | None = V5, maximum_size: int = 1 << 20) -> Reason:
    with pytest.raises(ProtocolError) as caught:
        decode(data, version, maximum_size)
    return caught.value.reason


# MQTT 5 table 2-1 and MQTT 3.1.1 table 2.4
@pytest.mark.parametrize(
    "value, encoded",
    [
        (0, "00"),
        (127, "7f"),
        (128, "8001"),
        (321, "c102"),  # worked out in MQTT 3.1.1 section 2.2.3
        (16_383, "ff7f"),
        (16_384, "808001"),
        (2_097_151, "ffff7f"),
        (2_097_152, "80808001"),
        (268_435_455, "ffffff7f"),
    ],
)
def test_a_variable_byte_integer_is_as_short_as_can_be(value: int, encoded: str) -> None:
    assert write_variable(value).hex() == encoded
    assert Reader(bytes.fromhex(encoded)).variable() == value


@pytest.mark.parametrize("encoded", ["8000", "ff00", "80808000", "ffffffff", "8080808001"])
def test_a_variable_byte_integer_that_is_too_long_is_malformed(encoded: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        Reader(bytes.fromhex(encoded)).variable()
    assert caught.value.reason is Reason.MALFORMED_PACKET


def test_a_string_is_utf_8_behind_its_length() -> None:
    # MQTT 5 section 1.5.4, figure 1-2: A followed by U+2A6D4
    assert write_string("A\U0002a6d4").hex() == "000541f0aa9b94"
    assert Reader(bytes.fromhex("000541f0aa9b94")).string() == "A\U0002a6d4"
    # MQTT-1.5.4-3: U+FEFF is not stripped
    assert Reader(b"\x00\x04\xef\xbb\xbfA").string() == "\ufeffA"


@pytest.mark.parametrize(
    "data",
    [b"\xc3", b"\xed\xa0\x80", b"a\0b", b"\xff"],
    ids=["cut", "surrogate", "null", "not utf-8"],
)
def test_a_string_that_is_no_text_is_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        Reader(write_binary(data)).string()
    assert caught.value.reason is Reason.MALFORMED_PACKET


def test_values_that_no_packet_can_carry_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="268435456 does not fit"):
        write_variable(268_435_456)
    with pytest.raises(ValueError, match="65536 bytes do not fit"):
        write_binary(bytes(65_536))


EXAMPLES: list[tuple[str, Version, Packet, str]] = [
    (
        "CONNECT 3.1.1 with the flags of figure 3.6",
        V3,
        Connect(V3, "c", True, 10, "u", b"p", Will("w", b"gone", qos=1)),
        "101c 00044d515454 04 ce 000a 000163 000177 0004676f6e65 000175 000170",
    ),
    (
        "CONNECT 5 with the variable header of figure 3-6",
        V5,
        Connect(
            V5,
            "c",
            True,
            10,
            "u",
            b"p",
            Will("w", b"", qos=1),
            Properties(session_expiry_interval=10),
        ),
        "101f 00044d515454 05 ce 000a 05110000000a 000163 00 000177 0000 000175 000170",
    ),
    ("the shortest CONNECT 3.1.1", V3, Connect(V3, "", True), "100c 00044d515454 04 02 0000 0000"),
    ("the shortest CONNECT 5", V5, Connect(V5, "", False), "100d 00044d515454 05 00 0000 00 0000"),
    (
        "a password alone, which MQTT 5 allows",
        V5,
        Connect(V5, "", False, password=b"p"),
        "1010 00044d515454 05 40 0000 00 0000 000170",
    ),
    (
        "a will with its properties",
        V5,
        Connect(
            V5,
            "",
            True,
            will=Will(
                "w", b"x", 0, True, Properties(will_delay_interval=5, payload_format_indicator=1)
            ),
        ),
        "101b 00044d515454 05 26 0000 00 0000 07 0101 1800000005 000177 000178",
    ),
    ("CONNACK 3.1.1 with a session", V3, Connack(Reason.SUCCESS, True), "2002 01 00"),
    ("CONNACK 3.1.1 not authorised", V3, Connack(Reason.NOT_AUTHORIZED), "2002 00 05"),
    (
        "CONNACK 5",
        V5,
        Connack(
            Reason.SUCCESS,
            False,
            Properties(receive_maximum=100, topic_alias_maximum=8, maximum_qos=1),
        ),
        "200b 00 00 08 210064 220008 2401",
    ),
    ("PUBLISH QoS 0", V3, Publish("a/b", b"hi"), "3007 0003612f62 6869"),
    (
        "PUBLISH as in figure 3.11, packet identifier 10",
        V3,
        Publish("a/b", b"", 1, packet_id=10),
        "3207 0003612f62 000a",
    ),
    (
        "PUBLISH as in figure 3-9, packet identifier 10",
        V5,
        Publish("a/b", b"", 1, packet_id=10),
        "3208 0003612f62 000a 00",
    ),
    ("PUBLISH again, retained", V3, Publish("a", b"x", 1, True, True, 1), "3b06 000161 0001 78"),
    (
        "PUBLISH with everything that is passed on",
        V5,
        Publish(
            "a",
            b"x",
            properties=Properties(
                payload_format_indicator=1,
                message_expiry_interval=60,
                content_type="t",
                response_topic="r",
                correlation_data=b"\x00\xff",
                user_property=(("k", "v"), ("k", "w")),
            ),
        ),
        (
            "3027 000161 22 0101 020000003c 03000174 08000172 09000200ff 2600016b000176"
            " 2600016b000177 78"
        ),
    ),
    (
        "PUBLISH by alias",
        V5,
        Publish("", b"x", properties=Properties(topic_alias=3)),
        "3007 0000 03 230003 78",
    ),
    (
        "PUBLISH to overlapping subscriptions",
        V5,
        Publish("a", properties=Properties(subscription_identifier=(1, 268_435_455))),
        "300b 000161 07 0b01 0bffffff7f",
    ),
    ("PUBACK 3.1.1", V3, Puback(10), "4002 000a"),
    ("PUBACK 5 of success", V5, Puback(10), "4002 000a"),
    ("PUBACK 5 with a reason", V5, Puback(10, Reason.QUOTA_EXCEEDED), "4003 000a 97"),
    (
        "PUBACK 5 with a reason string",
        V5,
        Puback(10, Reason.NOT_AUTHORIZED, Properties(reason_string="no")),
        "4009 000a 87 05 1f00026e6f",
    ),
    (
        "SUBSCRIBE as in figure 3.23",
        V3,
        Subscribe(10, (Subscription("a/b", 1), Subscription("c/d", 2))),
        "820e 000a 0003612f62 01 0003632f64 02",
    ),
    (
        "SUBSCRIBE as in figure 3-21",
        V5,
        Subscribe(10, (Subscription("a/b", 1), Subscription("c/d", 2))),
        "820f 000a 00 0003612f62 01 0003632f64 02",
    ),
    (
        "SUBSCRIBE with options and an identifier",
        V5,
        Subscribe(
            1,
            (Subscription("a", 1, True, True, RetainHandling.DO_NOT_SEND, 200),),
            Properties(subscription_identifier=(200,)),
        ),
        "820a 0001 03 0bc801 000161 2d",
    ),
    (
        "SUBACK as in figure 3.27",
        V3,
        Suback(10, (Reason.SUCCESS, Reason.GRANTED_QOS_2, Reason.UNSPECIFIED_ERROR)),
        "9005 000a 00 02 80",
    ),
    (
        "SUBACK 5",
        V5,
        Suback(10, (Reason.GRANTED_QOS_1, Reason.QUOTA_EXCEEDED)),
        "9005 000a 00 01 97",
    ),
    (
        "UNSUBSCRIBE as in figure 3.29",
        V3,
        Unsubscribe(10, ("a/b", "c/d")),
        "a20c 000a 0003612f62 0003632f64",
    ),
    (
        "UNSUBSCRIBE as in figure 3-30",
        V5,
        Unsubscribe(10, ("a/b", "c/d")),
        "a20d 000a 00 0003612f62 0003632f64",
    ),
    ("UNSUBACK 3.1.1", V3, Unsuback(10), "b002 000a"),
    (
        "UNSUBACK 5",
        V5,
        Unsuback(10, (Reason.SUCCESS, Reason.NO_SUBSCRIPTION_EXISTED)),
        "b005 000a 00 00 11",
    ),
    ("PINGREQ", V3, Pingreq(), "c000"),
    ("PINGRESP", V5, Pingresp(), "d000"),
    ("DISCONNECT 3.1.1", V3, Disconnect(), "e000"),
    ("DISCONNECT 5", V5, Disconnect(), "e000"),
    ("DISCONNECT 5 with will", V5, Disconnect(Reason.DISCONNECT_WITH_WILL), "e001 04"),
    (
        "DISCONNECT 5 that changes the session's life",
        V5,
        Disconnect(Reason.SUCCESS, Properties(session_expiry_interval=0)),
        "e007 00 05 1100000000",
    ),
]


@pytest.mark.parametrize(
    "version, packet, wire", [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_a_packet_and_its_bytes_are_two_sides_of_one_thing(
    version: Version, packet: Packet, wire: str
) -> None:
    data = bytes.fromhex(wire)
    assert encode(packet, version).hex() == data.hex()
    assert decode(data, version) == packet


def test_what_is_left_off_means_success() -> None:
    assert decode(bytes.fromhex("4003 000a 00")) == Puback(10)
    assert decode(bytes.fromhex("4004 000a 10 00")) == Puback(10, Reason.NO_MATCHING_SUBSCRIBERS)
    assert decode(bytes.fromhex("e002 00 00")) == Disconnect()


def test_mqtt_3_1_1_gets_the_return_codes_that_it_has() -> None:
    assert encode(Suback(1, (Reason.QUOTA_EXCEEDED,)), V3).hex() == "90030001" + "80"
    assert encode(Puback(1, Reason.QUOTA_EXCEEDED), V3).hex() == "40020001"
    assert (
        encode(Publish("a", b"x", properties=Properties(content_type="t")), V3).hex()
        == "3004000161" + "78"
    )
    assert [return_code(Reason(code)) for code in (0x00, 0x84, 0x85, 0x86, 0x87, 0x8A, 0x97)] == [
        0,
        1,
        2,
        4,
        5,
        5,
        3,
    ]


MALFORMED, WRONG = Reason.MALFORMED_PACKET, Reason.PROTOCOL_ERROR


@pytest.mark.parametrize(
    "wire, reason",
    [
        ("0000", MALFORMED),  # type 0 is reserved
        ("31 00", MALFORMED),  # PUBLISH without a topic
        ("36 08 0003612f62 000a 00", MALFORMED),  # QoS 3
        ("38 06 0003612f62 00", MALFORMED),  # DUP with QoS 0
        ("32 08 0003612f62 0000 00", WRONG),  # packet identifier 0
        ("30 04 0001 2b 00", Reason.TOPIC_NAME_INVALID),  # a wildcard in a topic
        ("30 03 0000 00", Reason.TOPIC_NAME_INVALID),  # no topic and no alias
        ("30 06 0000 03 230000", Reason.TOPIC_ALIAS_INVALID),  # alias 0
        ("30 07 000161 04 080001", MALFORMED),  # a property that ends short
        ("30 08 000161 04 08000123", Reason.TOPIC_NAME_INVALID),  # a wildcard in the response topic
        ("30 06 000161 02 0102", WRONG),  # payload format 2
        ("30 08 000161 04 0101 0101", WRONG),  # a property twice
        ("30 06 000161 02 0b00", WRONG),  # subscription identifier 0
        ("30 06 000161 02 7f00", MALFORMED),  # an unknown property
        ("30 09 000161 05 1100000000", MALFORMED),  # a property of another packet
        ("30 04 000161 05", MALFORMED),  # properties longer than the packet
        ("80 07 0001 00 000161 00", MALFORMED),  # SUBSCRIBE without its fixed flags
        ("82 03 0001 00", WRONG),  # nothing to subscribe to
        ("82 07 0001 00 000161 03", WRONG),  # QoS 3
        ("82 07 0001 00 000161 30", WRONG),  # retain handling 3
        ("82 07 0001 00 000161 40", MALFORMED),  # reserved bits
        ("82 06 0001 00 000161", MALFORMED),  # ends short
        ("82 0b 0001 04 0b010b02 000161 00", WRONG),  # two subscription identifiers
        ("82 09 0001 00 0003 612b62 00", Reason.TOPIC_FILTER_INVALID),
        ("82 10 0001 00 000a 2473686172652f672f61 04", WRONG),  # No Local on a shared subscription
        ("a2 03 0001 00", WRONG),  # nothing to unsubscribe from
        ("a2 07 0001 00 0002 2b2b", Reason.TOPIC_FILTER_INVALID),
        ("40 02 0000", WRONG),
        ("40 03 000a 7f", WRONG),  # an unknown reason
        ("40 01 00", MALFORMED),
        ("50 02 0001", WRONG),  # PUBREC and its kin
        ("62 02 0001", WRONG),
        ("70 02 0001", WRONG),
        ("f0 00", WRONG),  # AUTH
        ("c1 00", MALFORMED),  # flags on PINGREQ
        ("c0 01 00", MALFORMED),  # PINGREQ with a body
        ("90 04 0001 00 04", WRONG),  # a reason that SUBACK does not know
        ("20 03 02 00 00", MALFORMED),  # reserved flags
        ("30 80808080", MALFORMED),  # remaining length of more than four bytes
        ("30 8000", MALFORMED),  # remaining length longer than need be
    ],
)
def test_a_packet_that_breaks_the_rules_gets_the_right_reason(wire: str, reason: Reason) -> None:
    assert error_of(bytes.fromhex(wire)) is reason


CONNECT_5 = "00044d515454 05"


@pytest.mark.parametrize(
    "wire, reason",
    [
        ("100d 00044d515454 06 02 0000 00 0000", Reason.UNSUPPORTED_PROTOCOL_VERSION),
        ("100e 00064d514973647003 02 003c 0000", Reason.UNSUPPORTED_PROTOCOL_VERSION),  # MQTT 3.1
        ("100c 00044d515458 04 02 0000 0000", Reason.UNSUPPORTED_PROTOCOL_VERSION),
        ("100c 00044d515454 04 03 0000 0000", MALFORMED),  # the reserved flag
        ("100f 00044d515454 04 42 0000 0000 000170", MALFORMED),  # a password without a user name
        ("100c 00044d515454 04 0a 0000 0000", MALFORMED),  # will QoS without a will
        ("100c 00044d515454 04 22 0000 0000", MALFORMED),  # will retain without a will
        ("1011 00044d515454 04 1e 0000 0000 000177 0000", MALFORMED),  # will QoS 3
        ("1011 00044d515454 04 06 0000 0000 00012b 0000", Reason.TOPIC_NAME_INVALID),
        ("100d 00044d515454 04 02 0000 0000 00", MALFORMED),  # more bytes than fields
        ("1010 00044d515454 05 02 0000 03 210000 0000", WRONG),  # receive maximum 0
        ("1012 00044d515454 05 02 0000 05 2700000000 0000", WRONG),  # maximum packet size 0
        ("3000", WRONG),  # anything but CONNECT
        ("1600", WRONG),  # the beginning of a TLS handshake
        ("ff", WRONG),
    ],
)
def test_a_connection_begins_with_a_proper_connect(wire: str, reason: Reason) -> None:
    assert error_of(bytes.fromhex(wire), version=None) is reason


def test_the_version_comes_from_connect() -> None:
    for version in Version:
        decoder = Decoder(1024)
        decoder.feed(
            encode(Connect(version, "c"), version) + encode(Publish("a", b"\x00"), version)
        )
        assert decoder.next_packet() == Connect(version, "c")
        assert decoder.version is version
        assert decoder.next_packet() == Publish("a", b"\x00")


def test_a_packet_is_judged_too_large_before_it_has_arrived() -> None:
    # 1124 bytes and their head
    assert error_of(bytes.fromhex("30 e4 08"), maximum_size=1126) is Reason.PACKET_TOO_LARGE
    assert decode(bytes.fromhex("30 e3 08"), maximum_size=1126) is None
    assert error_of(bytes.fromhex("30 ff ff ff 7f")) is Reason.PACKET_TOO_LARGE


def test_half_a_packet_waits_for_its_other_half() -> None:
    data = b"".join(encode(packet, V5) for _, version, packet, _ in EXAMPLES if version is V5)
    wanted = [packet for _, version, packet, _ in EXAMPLES if version is V5]
    decoder, found = Decoder(1024, V5), []
    for index in range(len(data)):
        decoder.feed(data[index : index + 1])
        packet = decoder.next_packet()
        if packet is not None:
            found.append(packet)
    assert found == wanted
    assert decoder.next_packet() is None


def test_a_decoder_that_failed_stays_failed() -> None:
    decoder = Decoder(1024, V5)
    decoder.feed(b"\x00\x00")
    for _ in range(2):
        with pytest.raises(ProtocolError, match="no packet begins with 0x00"):
            decoder.next_packet()
        decoder.feed(encode(Pingreq(), V5))
