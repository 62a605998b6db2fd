"""Which deliveries are believed: every scheme computed by hand, and every way to be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin.desks.signatures import SCHEMES, BadSignature, Scheme, SecretForm, sign, verify

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BODY = b'{"ticket": {"id": 57881, "subject": "\xc3\x85sa cannot sign in"}}'
SECRET = "correct horse Å"
PLAIN_SECRET = "correct-horse"
WHSEC = "whsec_" + base64.b64encode(b"a key of twenty-four b..").decode()
SIGNED = sorted(name for name, scheme in SCHEMES.items() if scheme.is_signed)
DATED = sorted(name for name, scheme in SCHEMES.items() if scheme.time_header is not None)
HEX = ["chatwoot", "github", "intercom", "rt", "zammad"]


def secret_for(name: str) -> str:
    if SCHEMES[name].secret_form is SecretForm.WHSEC:
        return WHSEC
    return PLAIN_SECRET if name == "secret_header" else SECRET


def signed(name: str, body: bytes = BODY, at: datetime = NOW) -> dict[str, str]:
    return sign(SCHEMES[name], secret_for(name), body, delivery_id="d-1", at=at)


def check(
    name: str,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[bytes | str] | None = None,
    body: bytes = BODY,
    path_secret: str | None = None,
    now: datetime = NOW,
) -> None:
    given_secrets = [secret_for(name)] if secrets is None else secrets
    verify(SCHEMES[name], given_secrets, body, headers, path_secret, now)


def refusal(
    name: str,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[bytes | str] | None = None,
    body: bytes = BODY,
    path_secret: str | None = None,
    now: datetime = NOW,
) -> BadSignature:
    with pytest.raises(BadSignature) as caught:
        check(name, headers, secrets=secrets, body=body, path_secret=path_secret, now=now)
    assert str(caught.value) == caught.value.message
    return caught.value


# Known answers.


def test_the_published_standard_webhooks_example_is_believed() -> None:
    verify(
        SCHEMES["standard_webhooks"],
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        b'{"test": 2432232314}',
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        None,
        datetime.fromtimestamp(1614265330, UTC),
    )


def test_the_published_standard_webhooks_example_is_what_we_sign() -> None:
    headers = sign(
        SCHEMES["standard_webhooks"],
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        delivery_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_published_github_example_is_believed() -> None:
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check(
        "github",
        {"x-hub-signature-256": f"sha256={digest}"},
        secrets=["It's a Secret to Everybody"],
        body=b"Hello, World!",
    )


# Each scheme computed by hand, from what the desks say about themselves.


def by_hand(key: bytes, text: bytes, algorithm: str) -> hmac.HMAC:
    return hmac.new(key, text, getattr(hashlib, algorithm))


def test_zendesk_signs_time_and_body_without_anything_between() -> None:
    text = b"2026-03-04T05:06:07Z" + BODY
    signature = base64.b64encode(by_hand(SECRET.encode(), text, "sha256").digest()).decode()
    headers = {
        "x-zendesk-webhook-signature": signature,
        "x-zendesk-webhook-signature-timestamp": "2026-03-04T05:06:07Z",
        "x-zendesk-webhook-invocation-id": "d-1",
    }
    check("zendesk", headers)
    assert signed("zendesk") == headers


def test_zendesk_signs_the_time_alone_where_there_is_no_body() -> None:
    stamp = "2026-03-04T05:06:07Z"
    digest = by_hand(SECRET.encode(), stamp.encode(), "sha256").digest()
    headers = {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    check("zendesk", headers, body=b"")


@pytest.mark.parametrize("name", ["chatwoot", "rt"])
def test_chatwoot_and_rt_sign_time_dot_body(name: str) -> None:
    stamp = str(int(NOW.timestamp()))
    signature = by_hand(SECRET.encode(), stamp.encode() + b"." + BODY, "sha256").hexdigest()
    headers = {
        f"x-{name}-signature": f"sha256={signature}",
        f"x-{name}-timestamp": stamp,
        f"x-{name}-delivery": "d-1",
    }
    check(name, headers)
    assert signed(name) == headers


def test_zammad_and_intercom_sign_the_body_with_sha1_in_hex() -> None:
    header = "sha1=" + by_hand(SECRET.encode(), BODY, "sha1").hexdigest()
    check("zammad", {"x-hub-signature": header})
    check("intercom", {"x-hub-signature": header})
    assert signed("zammad") == {"x-hub-signature": header, "x-zammad-delivery": "d-1"}
    assert signed("intercom") == {"x-hub-signature": header}


def test_help_scout_and_front_rules_sign_the_body_with_sha1_in_base64() -> None:
    signature = base64.b64encode(by_hand(SECRET.encode(), BODY, "sha1").digest()).decode()
    check("helpscout", {"x-helpscout-signature": signature})
    check("front_rule", {"x-front-signature": signature})
    assert signed("helpscout") == {"x-helpscout-signature": signature}
    assert signed("front_rule") == {"x-front-signature": signature}


@pytest.mark.parametrize(("seen_in", "per_second"), [("documents", 1_000), ("the wild", 1)])
def test_front_apps_sign_time_colon_body_in_milliseconds_or_seconds(
    seen_in: str,
    per_second: int,
) -> None:
    stamp = str(int(NOW.timestamp()) * per_second)
    digest = by_hand(SECRET.encode(), stamp.encode() + b":" + BODY, "sha256").digest()
    headers = {
        "x-front-signature": base64.b64encode(digest).decode(),
        "x-front-request-timestamp": stamp,
    }
    check("front_app", headers)
    assert (signed("front_app") == headers) is (seen_in == "documents")
    assert refusal("front_app", headers, now=NOW + 301 * SECOND).code == "time-too-old"


def test_standard_webhooks_signs_id_dot_time_dot_body_with_the_decoded_key() -> None:
    stamp = str(int(NOW.timestamp()))
    text = b"d-1." + stamp.encode() + b"." + BODY
    digest = by_hand(b"a key of twenty-four b..", text, "sha256").digest()
    headers = {
        "webhook-id": "d-1",
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    check("standard_webhooks", headers)
    check("standard_webhooks", headers, secrets=[WHSEC.removeprefix("whsec_")])
    check("standard_webhooks", headers, secrets=[b"a key of twenty-four b.."])
    assert signed("standard_webhooks") == headers


def test_github_style_signs_the_body_with_sha256_in_hex() -> None:
    header = "sha256=" + by_hand(SECRET.encode(), BODY, "sha256").hexdigest()
    check("github", {"x-hub-signature-256": header})
    assert signed("github") == {"x-hub-signature-256": header, "x-github-delivery": "d-1"}


# What is believed.


@pytest.mark.parametrize("name", SIGNED)
def test_any_one_of_several_secrets_may_fit(name: str) -> None:
    others: list[bytes | str] = [b"old key", b"older key"]
    for place in range(3):
        secrets = [*others[:place], secret_for(name), *others[place:]]
        check(name, signed(name), secrets=secrets)


def test_several_signatures_with_one_right_are_believed() -> None:
    headers = signed("standard_webhooks")
    right = headers["webhook-signature"]
    wrong = "v1," + base64.b64encode(bytes(32)).decode()
    for listed in (f"{wrong} {right}", f"{right} {wrong}", f"v1a,other v1,short {right}"):
        check("standard_webhooks", headers | {"webhook-signature": listed})
    none = headers | {"webhook-signature": f"{wrong} {wrong}"}
    assert refusal("standard_webhooks", none).code == "signature-wrong"


@pytest.mark.parametrize("name", HEX)
def test_hex_may_be_in_upper_case(name: str) -> None:
    scheme, headers = SCHEMES[name], signed(name)
    digits = headers[scheme.header].removeprefix(scheme.prefix)
    check(name, headers | {scheme.header: scheme.prefix + digits.upper()})


@pytest.mark.parametrize("name", SIGNED)
def test_blanks_around_header_values_do_not_matter(name: str) -> None:
    check(name, {header: f" {value}\t" for header, value in signed(name).items()})


def test_a_body_that_is_not_utf8_is_believed_when_it_is_signed() -> None:
    for name in SIGNED:
        check(name, signed(name, b"\xff\xfe\x00"), body=b"\xff\xfe\x00")


def test_an_iso_time_may_have_a_zone_and_a_fraction() -> None:
    for stamp in ("2026-03-04T06:06:07+01:00", "2026-03-04T05:06:07.123456789Z"):
        digest = by_hand(SECRET.encode(), stamp.encode() + BODY, "sha256").digest()
        headers = {
            "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
            "x-zendesk-webhook-signature-timestamp": stamp,
        }
        check("zendesk", headers)


def test_an_empty_body_may_be_unsigned_only_where_the_desk_does_that() -> None:
    check("zammad", {}, body=b"")
    assert refusal("zammad", {}, body=b"x").code == "signature-missing"
    wrong = {"x-hub-signature": "sha1=" + "0" * 40}
    assert refusal("zammad", wrong, body=b"").code == "signature-wrong"
    for name in set(SIGNED) - {"zammad"}:
        assert refusal(name, {}, body=b"").code == "signature-missing"


# What is not.


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_wrong_by_one_character_is_refused(name: str) -> None:
    scheme, headers = SCHEMES[name], signed(name)
    value = headers[scheme.header]
    for place in range(len(scheme.prefix), len(value.rstrip("="))):
        other = "0" if value[place] != "0" else "1"
        spoiled = headers | {scheme.header: value[:place] + other + value[place + 1 :]}
        assert refusal(name, spoiled).code == "signature-wrong"


@pytest.mark.parametrize("name", SIGNED)
def test_another_body_is_refused(name: str) -> None:
    for body in (b"", BODY[:-1], BODY + b" ", BODY.replace(b"57881", b"57882")):
        if body or name != "zammad":
            assert refusal(name, signed(name), body=body).code == "signature-wrong"


@pytest.mark.parametrize("name", SIGNED)
def test_another_secret_is_refused_and_the_message_says_which_to_copy(name: str) -> None:
    refused = refusal(name, signed(name), secrets=[b"another"])
    assert refused.code == "signature-wrong"
    assert not refused.is_ours
    assert f"does not fit this secret. Copy {SCHEMES[name].to_copy} again." in refused.message
    assert "any of the 2 secrets" in refusal(name, signed(name), secrets=[b"a", b"b"]).message


@pytest.mark.parametrize("name", DATED)
def test_another_time_or_signed_id_is_refused(name: str) -> None:
    later = signed(name, at=NOW + SECOND)
    scheme = SCHEMES[name]
    assert scheme.time_header is not None
    moved = signed(name) | {scheme.time_header: later[scheme.time_header]}
    assert refusal(name, moved).code == "signature-wrong"
    if name == "standard_webhooks":
        renamed = signed(name) | {"webhook-id": "d-2"}
        assert refusal(name, renamed).code == "signature-wrong"


@pytest.mark.parametrize("name", SIGNED)
def test_each_header_that_counts_is_missed_and_named(name: str) -> None:
    scheme = SCHEMES[name]
    needed = {scheme.header: "signature-missing"}
    if scheme.time_header is not None:
        needed[scheme.time_header] = "time-missing"
    if name == "standard_webhooks":
        needed["webhook-id"] = "id-missing"
    for header, code in needed.items():
        without = {key: value for key, value in signed(name).items() if key != header}
        for headers in (without, without | {header: " \t"}):
            refused = refusal(name, headers)
            assert refused.code == code
            assert header in refused.message


@pytest.mark.parametrize("name", DATED)
def test_a_delivery_at_the_edge_of_the_window_is_believed_and_a_second_beyond_is_not(
    name: str,
) -> None:
    headers = signed(name)
    check(name, headers, now=NOW + 300 * SECOND)
    check(name, headers, now=NOW - 300 * SECOND)
    old = refusal(name, headers, now=NOW + 301 * SECOND)
    assert old.code == "time-too-old"
    assert "301 seconds ago; 300 are allowed" in old.message
    new = refusal(name, headers, now=NOW - 301 * SECOND)
    assert new.code == "time-too-new"
    assert "301 seconds in the future; 300 are allowed" in new.message


def test_the_window_can_be_set() -> None:
    wide = replace(SCHEMES["zendesk"], tolerance=900)
    verify(wide, [SECRET], BODY, signed("zendesk"), None, NOW + 900 * SECOND)
    with pytest.raises(BadSignature):
        verify(wide, [SECRET], BODY, signed("zendesk"), None, NOW + 901 * SECOND)


def test_an_unsigned_delivery_learns_nothing_about_the_clock() -> None:
    old = signed("chatwoot", at=NOW - timedelta(days=30))
    assert refusal("chatwoot", old, secrets=["another"]).code == "signature-wrong"


@pytest.mark.parametrize("name", DATED)
@pytest.mark.parametrize(
    "stamp",
    [
        "hello",
        "-1",
        "1e9",
        "1772600767.5",
        "9" * 15,
        "9" * 5_000,
        "0x10",
        "2026-13-41T99:99:99Z",
        "2026-03-04T05:06:07",
        "2026-03-04",
        "2026-03-04 05:06:07Z",
        "20260304T050607Z",
        "2026-03-04T05:06:07+99:00",
        "0000-03-04T05:06:07Z",
    ],
)
def test_a_time_that_is_none_is_refused(name: str, stamp: str) -> None:
    time_header = SCHEMES[name].time_header
    assert time_header is not None
    refused = refusal(name, signed(name) | {time_header: stamp})
    assert refused.code == "time-malformed"
    assert stamp not in refused.message


@pytest.mark.parametrize("name", DATED)
def test_the_farthest_times_are_only_too_far(name: str) -> None:
    farthest = {
        "zendesk": ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
        "front_app": ["0", "9" * 14],
    }
    time_header = SCHEMES[name].time_header
    assert time_header is not None
    for stamp in farthest.get(name, ["0", "9" * 11]):
        scheme = SCHEMES[name]
        joiner, start = scheme.joiner.encode(), b"d-1." if name == "standard_webhooks" else b""
        text = start + stamp.encode() + joiner + BODY
        key = b"key"
        digest = by_hand(key, text, "sha256")
        written = digest.hexdigest() if name in HEX else base64.b64encode(digest.digest()).decode()
        headers = {scheme.header: scheme.prefix + written, time_header: stamp, "webhook-id": "d-1"}
        assert refusal(name, headers, secrets=[key]).code in {"time-too-old", "time-too-new"}


@pytest.mark.parametrize("name", SIGNED)
def test_a_malformed_signature_is_refused_with_its_length_or_alphabet(name: str) -> None:
    scheme, headers = SCHEMES[name], signed(name)
    length = len(headers[scheme.header]) - len(scheme.prefix)
    short = refusal(name, headers | {scheme.header: scheme.prefix + "0123456789abcde"})
    assert short.code == "signature-malformed"
    assert f"15 characters, expected {length}" in short.message
    strange = refusal(name, headers | {scheme.header: scheme.prefix + "!" * length})
    assert strange.code == "signature-malformed"
    assert f"it is not {scheme.encoding}" in strange.message
    empty = refusal(name, headers | {scheme.header: scheme.prefix + "="})
    assert empty.code == "signature-malformed"


@pytest.mark.parametrize("name", sorted(n for n in SIGNED if SCHEMES[n].prefix))
@pytest.mark.parametrize("prefix", ["", "md5=", "v2,", "sha512="])
def test_another_version_of_signature_is_refused(name: str, prefix: str) -> None:
    scheme, headers = SCHEMES[name], signed(name)
    bare = headers[scheme.header].removeprefix(scheme.prefix)
    refused = refusal(name, headers | {scheme.header: prefix + bare})
    assert refused.code == "signature-version"
    assert scheme.prefix in refused.message


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("strange", ["\xff\xfe", "é", "٣٣", "\udcff", "𝟙"])
def test_header_values_beyond_ascii_are_refused(name: str, strange: str) -> None:
    scheme = SCHEMES[name]
    signed_id = "webhook-id" if name == "standard_webhooks" else None
    for header in (scheme.header, scheme.time_header, signed_id):
        if header is not None:
            headers = signed(name)
            spoiled = headers | {header: headers[header][:-1] + strange}
            assert refusal(name, spoiled).code.endswith("-malformed")


def test_an_id_with_the_joiner_in_it_is_refused_where_it_is_signed() -> None:
    headers = signed("standard_webhooks") | {"webhook-id": "d-1.5"}
    assert refusal("standard_webhooks", headers).code == "id-malformed"
    with pytest.raises(ValueError, match="delivery id"):
        sign(SCHEMES["standard_webhooks"], WHSEC, BODY, delivery_id="d-1.5", at=NOW)


# Secrets of ours that cannot protect anything.


@pytest.mark.parametrize("name", sorted(SCHEMES))
@pytest.mark.parametrize("empty", ["", b"", "  \n", b" "])
def test_an_empty_secret_of_ours_is_never_accepted(name: str, empty: bytes | str) -> None:
    forged = dict.fromkeys(signed(name), "")
    for secrets in ([], [empty], [secret_for(name), empty]):
        for headers in (signed(name), forged):
            refused = refusal(name, headers, secrets=secrets, path_secret="", body=BODY)
            assert refused.code == "secret-missing"
            assert refused.is_ours
    assert refusal(name, {}, secrets=[empty], body=b"").code == "secret-missing"


def test_a_signature_made_with_an_empty_key_is_refused() -> None:
    forged = "sha256=" + by_hand(b"", BODY, "sha256").hexdigest()
    assert refusal("github", {"x-hub-signature-256": forged}, secrets=[""]).is_ours
    assert refusal("standard_webhooks", {}, secrets=["whsec_"]).is_ours


@pytest.mark.parametrize("secret", ["whsec_A", "whsec_?!", "whsec_é", "wrong=key"])
def test_a_secret_that_is_not_base64_is_our_mistake(secret: str) -> None:
    refused = refusal("standard_webhooks", signed("standard_webhooks"), secrets=[secret])
    assert refused.code == "secret-unusable"
    assert refused.is_ours
    assert secret not in refused.message


def test_a_secret_without_its_base64_padding_is_understood() -> None:
    padded = "whsec_" + base64.b64encode(b"thirty-two bytes are a good key.").decode()
    headers = sign(SCHEMES["standard_webhooks"], padded, BODY, delivery_id="d-1", at=NOW)
    assert padded.endswith("=")
    check("standard_webhooks", headers, secrets=[padded.rstrip("=")])


@pytest.mark.parametrize("name", sorted(set(SCHEMES) - {"standard_webhooks"}))
def test_a_secret_that_is_not_text_is_our_mistake(name: str) -> None:
    assert refusal(name, {}, secrets=["\ud800"]).code == "secret-unusable"


@pytest.mark.parametrize("secret", ["pässword", "two\r\nlines", " edge", b"\xff"])
def test_a_secret_that_cannot_stand_in_a_header_is_our_mistake(secret: bytes | str) -> None:
    assert refusal("secret_header", {}, secrets=[secret]).code == "secret-unusable"
    with pytest.raises(BadSignature):
        sign(SCHEMES["secret_header"], secret, BODY, delivery_id="d-1", at=NOW)


def test_a_lone_secret_is_not_taken_for_a_list_of_letters() -> None:
    check("secret_path", {}, secrets="abc", path_secret="abc")
    assert refusal("secret_path", {}, secrets="abc", path_secret="a").code == "shared-secret-wrong"


def test_the_way_to_mend_a_missing_secret_depends_on_who_makes_it() -> None:
    assert "Copy the signing secret from" in refusal("zendesk", {}, secrets=[]).message
    assert "Make one with `deskroute desks" in refusal("secret_path", {}, secrets=[]).message


# Desks that do not sign.


def test_unsigned_schemes_and_only_they_carry_a_warning() -> None:
    assert {name for name, s in SCHEMES.items() if s.warning} == {"secret_path", "secret_header"}
    for scheme in SCHEMES.values():
        assert scheme.is_signed is (scheme.warning is None)


def test_a_secret_in_the_address_is_believed() -> None:
    check("secret_path", {}, secrets=["old", SECRET], path_secret=SECRET)
    check("secret_path", {}, secrets=[SECRET, "old"], path_secret=SECRET)
    assert signed("secret_path") == {}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (None, "shared-secret-missing"),
        ("", "shared-secret-missing"),
        (SECRET[:-1], "shared-secret-wrong"),
        (SECRET + " ", "shared-secret-wrong"),
        ("\udcff\ud800", "shared-secret-wrong"),
        ("x" * 100_000, "shared-secret-wrong"),
    ],
)
def test_a_wrong_secret_in_the_address_is_refused(sent: str | None, code: str) -> None:
    refused = refusal("secret_path", {}, path_secret=sent)
    assert refused.code == code
    assert "the delivery's address" in refused.message
    assert SECRET not in refused.message


def test_a_secret_in_a_header_is_believed() -> None:
    check("secret_header", {"x-deskroute-secret": f" {PLAIN_SECRET} "}, secrets=["x", PLAIN_SECRET])
    assert signed("secret_header") == {"x-deskroute-secret": PLAIN_SECRET}


def test_the_header_of_the_secret_can_be_set() -> None:
    scheme = replace(SCHEMES["secret_header"], header="x-token")
    verify(scheme, [PLAIN_SECRET], BODY, {"x-token": PLAIN_SECRET}, None, NOW)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "shared-secret-missing"),
        ({"x-deskroute-secret": " "}, "shared-secret-missing"),
        ({"x-deskroute-secret": "correct-horsf"}, "shared-secret-wrong"),
        ({"x-deskroute-secret": "corr\xe9ct"}, "shared-secret-malformed"),
        ({"x-deskroute-secret": "\udcff"}, "shared-secret-malformed"),
    ],
)
def test_a_wrong_secret_in_a_header_is_refused(headers: dict[str, str], code: str) -> None:
    refused = refusal("secret_header", headers, path_secret=PLAIN_SECRET)
    assert refused.code == code
    assert "x-deskroute-secret" in refused.message
    assert PLAIN_SECRET not in refused.message


def test_a_secret_in_the_address_does_not_replace_a_signature() -> None:
    for name in SIGNED:
        assert refusal(name, {}, path_secret=secret_for(name)).code == "signature-missing"


# Schemes that would not protect.


@pytest.mark.parametrize(
    "changes",
    [
        {"header": ""},
        {"header": "X-Upper"},
        {"time_header": None},
        {"signed": SCHEMES["github"].signed},
        {"signed": SCHEMES["zendesk"].signed[:1]},
        {"signed": SCHEMES["standard_webhooks"].signed, "delivery_header": None},
        {"joiner": ""},
        {"tolerance": -1},
        {"warning": "unsigned"},
        {"proof": SCHEMES["secret_path"].proof},
    ],
)
def test_a_scheme_that_only_looks_safe_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^(a|an|the|header|digits) "):
        replace(SCHEMES["chatwoot"], **changes)  # type: ignore[arg-type]


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SCHEMES["zendesk"] = SCHEMES["secret_path"]  # type: ignore[index]


# Signing.


@pytest.mark.parametrize("delivery_id", ["", " ", "a\r\nb: c", "é", "a "])
def test_an_id_that_cannot_stand_in_a_header_is_not_signed(delivery_id: str) -> None:
    with pytest.raises(ValueError, match="delivery id"):
        sign(SCHEMES["chatwoot"], SECRET, BODY, delivery_id=delivery_id, at=NOW)


@pytest.mark.parametrize("name", DATED)
def test_a_naive_or_ancient_moment_is_not_signed(name: str) -> None:
    for at in (NOW.replace(tzinfo=None), datetime(1970, 1, 1, tzinfo=UTC)):
        with pytest.raises(ValueError, match="moment of signing"):
            signed(name, at=at)


# Whatever comes.

moments = st.datetimes(
    datetime(2000, 1, 1),  # ruff: ignore[call-datetime-without-tzinfo] - hypothesis wants its bounds naive
    datetime(2200, 1, 1),  # ruff: ignore[call-datetime-without-tzinfo]
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
)
ids = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="."), min_size=1
)
keys = st.binary(min_size=1).filter(lambda key: bool(key.strip()))
texts = st.text().filter(lambda text: bool(text.strip()))
lateness = st.integers(-299, 299)


@given(st.sampled_from(SIGNED), keys | texts, st.binary(), ids, moments, lateness)
def test_what_we_sign_is_believed(
    name: str,
    secret: bytes | str,
    body: bytes,
    delivery_id: str,
    at: datetime,
    late: int,
) -> None:
    scheme = SCHEMES[name]
    if isinstance(secret, str) and scheme.secret_form is SecretForm.WHSEC:
        secret = "whsec_" + base64.b64encode(secret.encode()).decode()
    headers = sign(scheme, secret, body, delivery_id=delivery_id, at=at)
    verify(scheme, [b"another", secret], body, headers, None, at + late * SECOND)


@given(st.sampled_from(SIGNED), keys, keys, st.binary(min_size=1), moments)
def test_what_another_key_signed_is_not(
    name: str,
    ours: bytes,
    theirs: bytes,
    body: bytes,
    at: datetime,
) -> None:
    # HMAC itself fills a short key with zeros.
    assume(ours.rstrip(b"\0") != theirs.rstrip(b"\0"))
    headers = sign(SCHEMES[name], theirs, body, delivery_id="d-1", at=at)
    assert refusal(name, headers, secrets=[ours], body=body, now=at).code == "signature-wrong"


known_headers = st.sampled_from(
    sorted(
        {s.header for s in SCHEMES.values()}
        | {s.time_header for s in SCHEMES.values() if s.time_header}
        | {s.delivery_header for s in SCHEMES.values() if s.delivery_header},
    ),
)
any_text = st.text() | st.text(st.characters(categories=["Cs", "Nd", "Zs", "Cc"]))
half_right = st.builds(
    "{}{}".format,
    st.sampled_from(["v1,", "sha1=", "sha256=", "whsec_", "", "17726007", "2026-03-04T05:06:07"]),
    any_text,
)
values = any_text | half_right | st.from_regex(r"\A[0-9TZ:.+-]{1,30}\Z")


@given(
    st.sampled_from(sorted(SCHEMES)),
    st.lists(st.binary() | any_text | half_right, max_size=3),
    st.binary(max_size=50),
    st.dictionaries(known_headers, values),
    st.none() | any_text,
    st.booleans(),
)
def test_nothing_but_a_bad_signature_is_ever_raised(
    name: str,
    secrets: list[bytes | str],
    body: bytes,
    headers: dict[str, str],
    path_secret: str | None,
    nearly: bool,
) -> None:
    if nearly:
        headers = signed(name, body) | headers
        secrets = [*secrets, secret_for(name)]
    try:
        check(name, headers, secrets=secrets, body=body, path_secret=path_secret)
    except BadSignature as refused:
        assert refused.code
        assert refused.message.isascii()
        assert refused.message.endswith(".")


@pytest.mark.parametrize("name", sorted(SCHEMES))
@pytest.mark.parametrize("how", ["bad", "late", "half"])
def test_no_message_gives_a_secret_or_a_right_signature_away(name: str, how: str) -> None:
    scheme, headers = SCHEMES[name], signed(name)
    right = headers.get(scheme.header, "")
    sent = {
        "bad": headers | {scheme.header: scheme.prefix + "0" * 64},
        "late": headers,
        "half": headers | {scheme.header: right[: len(right) // 2]},
    }[how]
    try:
        check(name, sent, now=NOW + timedelta(days=1), path_secret="wrong")
    except BadSignature as refused:
        assert secret_for(name) not in refused.message
        bare = right.removeprefix(scheme.prefix)
        assert not bare or bare[:8] not in refused.message


def test_the_table_names_every_desk_that_is_known_to_sign() -> None:
    assert set(SCHEMES) == {
        "chatwoot",
        "front_app",
        "front_rule",
        "github",
        "helpscout",
        "intercom",
        "rt",
        "secret_header",
        "secret_path",
        "standard_webhooks",
        "zammad",
        "zendesk",
    }
    assert all(isinstance(scheme, Scheme) for scheme in SCHEMES.values())
