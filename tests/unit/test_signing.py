"""Only who holds a key can sign, and whatever is changed afterwards is noticed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from tests.support.drains import an_event
from tests.support.emitting import SPOOLED, Broken, an_emitter
from trailkeeper.producer.catalogue import EventType, load
from trailkeeper.producer.errors import InvalidMessage, SettingsError
from trailkeeper.producer.event import Event
from trailkeeper.producer.signing import Signer, SigningKey, Verifier
from trailkeeper.producer.wire import encode
from trailkeeper.worker.ingest.messages import Accepted, IncomingMessage
from trailkeeper.worker.ingest.sequence_numbers import of_unused
from trailkeeper.worker.ingest.signatures import Signatures

SECRET = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
WEB = SigningKey.of(f"web:{SECRET}")
EVENT_TYPE = EventType(tag="account:login:success", scope="user", sentence="in")


def message(payload: bytes, signature: bytes | None, problem: bytes | None = None) -> IncomingMessage:
    fields = {b"e": payload} | ({} if signature is None else {b"s": signature})
    return IncomingMessage("1-1", payload, problem, fields)


def reason_of(signatures: Signatures, found: IncomingMessage) -> str | None:
    try:
        signatures.check(found)
    except InvalidMessage as error:
        return error.reason
    return None


@given(st.text("abcdef0123456789é", min_size=32, max_size=200), st.binary(max_size=300))
def test_the_signature_is_the_one_that_the_wire_format_describes(secret: str, payload: bytes) -> None:
    digest = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    assert Signer(SigningKey.of(f"web:{secret}")).sign(payload, None) == f"web:{digest}".encode()


@given(st.binary(max_size=200), st.none() | st.binary(max_size=50), st.data())
def test_any_changed_byte_is_refused(payload: bytes, invalid: bytes | None, data: st.DataObject) -> None:
    signature = Signer(WEB).sign(payload, invalid)
    whole = [payload, invalid or b"", signature]
    verifier = Verifier([WEB])
    assert verifier.key_of(payload, invalid, signature) == WEB

    part = data.draw(st.sampled_from([place for place, found in enumerate(whole) if found]))
    place = data.draw(st.integers(0, len(whole[part]) - 1))
    flipped = data.draw(st.integers(1, 255))
    changed = bytearray(whole[part])
    changed[place] ^= flipped
    whole[part] = bytes(changed)

    assert verifier.key_of(whole[0], None if invalid is None else whole[1], whole[2]) is None


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_no_event_passes_for_a_quarantined_one_of_the_same_bytes(payload: bytes, rest: bytes) -> None:
    signature = Signer(WEB).sign(payload, rest)
    assert Verifier([WEB]).key_of(payload, None, signature) is None
    assert Verifier([WEB]).key_of(payload + rest, None, signature) is None


@given(st.binary(max_size=100))
def test_no_bytes_whatever_pass_for_a_signature(signature: bytes) -> None:
    assert Verifier([WEB]).key_of(b"{}", None, signature) is None


def test_both_secrets_of_a_key_are_good_while_they_are_changed() -> None:
    verifier = Verifier([WEB, SigningKey.of(f"web:{OTHER}")])
    for secret in (SECRET, OTHER):
        assert (
            verifier.key_of(b"{}", None, Signer(SigningKey.of(f"web:{secret}")).sign(b"{}", None)) is not None
        )


def test_what_nobody_signed_and_what_none_of_ours_signed_are_told_apart() -> None:
    signatures = Signatures([f"web:{SECRET}"], load())
    payload = encode(an_event())

    assert reason_of(signatures, message(payload, None)) == "unsigned"
    assert (
        reason_of(signatures, message(payload, Signer(SigningKey.of(f"web:{OTHER}")).sign(payload, None)))
        == "forged"
    )
    assert (
        reason_of(signatures, message(payload, Signer(SigningKey.of(f"app:{SECRET}")).sign(payload, None)))
        == "forged"
    )
    assert reason_of(signatures, message(payload, Signer(WEB).sign(payload, None))) is None


def test_a_key_of_one_producer_is_not_good_for_the_events_of_another() -> None:
    signatures = Signatures([f"web@shop:{SECRET}"], load())
    signer = Signer(SigningKey.of(f"web:{SECRET}"))

    def signed(event: Event) -> IncomingMessage:
        payload = encode(event)
        return message(payload, signer.sign(payload, None))

    assert reason_of(signatures, signed(an_event(producer="shop:1:ab", seq=1))) is None
    assert reason_of(signatures, signed(an_event(producer="shopping:1:ab", seq=1))) == "forged"
    assert reason_of(signatures, signed(an_event())) is None


@pytest.mark.parametrize(
    "text", ["web", ":" + SECRET, "web:short", f"web@:{SECRET}", f"w\neb:{SECRET}", "web:"]
)
def test_a_key_that_is_none_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(SettingsError) as error:
        SigningKey.of(text)
    assert SECRET not in str(error.value)


def test_every_message_of_an_emitter_with_a_key_is_signed_as_it_goes() -> None:
    transport = Signed()
    emitter, _ = an_emitter(transport, signing_key=f"web:{SECRET}", on_invalid="quarantine")
    emitter.emit(SPOOLED, user="7")
    emitter.emit("no:such:tag")

    verifier = Verifier([WEB])
    assert len(transport.taken) == 2
    for payload, invalid, signature in transport.taken:
        assert verifier.key_of(payload, invalid, signature or b"") == WEB


class Signed(Broken):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[bytes, bytes | None, bytes | None]] = []

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        self.taken.append((payload, invalid, signature))


@pytest.mark.parametrize("named", [{"seq": 3}, {"voids": [1, 2]}, {"seq": 3, "voids": [1]}, {}])
def test_a_key_bound_to_a_producer_names_no_other_with_a_number_or_without(named: dict[str, object]) -> None:
    bound = SigningKey.of(f"web@shop:{SECRET}")
    signatures = Signatures([f"web@shop:{SECRET}"], load())
    facts = json.loads(encode(an_event()))
    for producer, reason in (("till:1", "forged"), ("shopper:1", "forged"), ("shop:1", None)):
        payload = json.dumps(facts | {"producer": producer} | named).encode()
        assert reason_of(signatures, message(payload, Signer(bound).sign(payload, None))) == reason


def test_a_key_bound_to_tags_signs_no_others() -> None:
    key = f"web@shop+project/release/*+file/add:{SECRET}"
    signatures = Signatures([key], load())
    facts = json.loads(encode(an_event()))
    tags = {
        "project:release:add": None,
        "file:add": None,
        "file:remove": "forged",
        "project:rename": "forged",
    }
    for tag, reason in tags.items():
        payload = json.dumps(facts | {"tag": tag}).encode()
        signed = message(payload, Signer(SigningKey.of(key)).sign(payload, None))
        assert reason_of(signatures, signed) == reason


def test_a_key_bound_to_tags_signs_no_alias_of_another_event_type() -> None:
    """Every alias, with a key for whatever is spelled alike: what counts is what is stored."""
    facts = json.loads(encode(an_event()))
    for event_type in load():
        for alias in event_type.aliases:
            bound = f"web+{alias.partition(':')[0]}/*:{SECRET}"
            payload = json.dumps(facts | {"tag": alias}).encode()
            signed = message(payload, Signer(SigningKey.of(bound)).sign(payload, None))
            is_alike = event_type.tag.partition(":")[0] == alias.partition(":")[0]
            assert reason_of(Signatures([bound], load()), signed) == (None if is_alike else "forged")


def test_unused_numbers_count_only_in_numbered_events() -> None:
    event = replace(an_event(), producer="shop:1", voids=[1, 2])
    counted = []
    for seq in (UNSET, 3):
        judged = Accepted(message(b"{}", None), replace(event, seq=seq), EVENT_TYPE, None)
        counted.append(list(of_unused([judged], {"shop:1": 1}).values()))
    assert counted == [[], [[1, 2]]]
