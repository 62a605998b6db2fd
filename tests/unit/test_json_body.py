"""Reading JSON from strangers: what is refused, in which words, and that nothing else happens."""

from __future__ import annotations

import gzip
import json
import math
import tracemalloc
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin.json_body import BadBody, decode_body, read_json


def refusal(body: bytes, **limits: int) -> BadBody:
    with pytest.raises(BadBody) as caught:
        read_json(body, **limits)
    return caught.value


def decode_refusal(raw: bytes, encoding: str | None, max_bytes: int = 1_000) -> BadBody:
    with pytest.raises(BadBody) as caught:
        decode_body(raw, encoding, max_bytes)
    return caught.value


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * levels + b"1" + closing * levels


def is_storable(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, dict):
        return all(is_storable(k) and is_storable(v) for k, v in value.items())
    if isinstance(value, list):
        return all(is_storable(v) for v in value)
    return not isinstance(value, float) or math.isfinite(value)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def test_an_ordinary_body_is_read_as_it_is() -> None:
    body = '{"id": 7, "name": "Åsa 😀", "vip": true, "score": 1.5, "tags": ["a"], "x": null}'
    assert read_json(body.encode()) == {
        "id": 7,
        "name": "Åsa 😀",
        "vip": True,
        "score": 1.5,
        "tags": ["a"],
        "x": None,
    }


def test_a_byte_order_mark_is_skipped() -> None:
    assert read_json(b"\xef\xbb\xbf" + b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
def test_an_empty_body_is_refused(body: bytes) -> None:
    assert refusal(body).code == "body-empty"


def test_a_body_of_exactly_the_allowed_size_is_read_and_one_byte_more_is_not() -> None:
    assert read_json(b'"' + b"x" * 98 + b'"', max_bytes=100) == "x" * 98
    refused = refusal(b'"' + b"x" * 99 + b'"', max_bytes=100)
    assert refused.code == "body-too-large"
    assert "101 bytes" in refused.message


def test_a_body_of_50_megabytes_is_refused() -> None:
    assert refusal(b" " * 50_000_000).code == "body-too-large"


@pytest.mark.parametrize(
    ("body", "byte"),
    [
        (b'{"a": "\xff"}', "byte 8 "),
        (b'"\xed\xa0\x80"', "byte 2 "),
        ('{"a": 1}'.encode("utf-16"), "byte 1 "),
    ],
)
def test_a_body_that_is_not_utf8_is_refused_and_the_byte_is_named(body: bytes, byte: str) -> None:
    refused = refusal(body)
    assert refused.code == "body-not-utf8"
    assert byte in refused.message


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a": 1,\n "b": }', "line 2, column 7"),
        (b"{'a': 1}", "line 1, column 2"),
        (b"[1, 2", "line 1, column 6"),
        (b'{"a": 1} x', "line 1, column 10"),
        (b"]" * 50 + b"[" * 50, "line 1, column 1"),
        (b"subject=hello", "line 1, column 1"),
        (b'"a\x00b"', "line 1, column 3"),
        (b"01", "line 1, column 2"),
        (b'"\\x41"', "line 1, column 2"),
    ],
)
def test_what_is_not_json_is_refused_with_its_line_and_column(body: bytes, place: str) -> None:
    refused = refusal(body)
    assert refused.code == "body-not-json"
    assert place in refused.message


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"])
def test_numbers_that_are_none_are_refused(word: bytes) -> None:
    assert refusal(b'{"a": [' + word + b"]}").code == "body-number"


def test_an_integer_may_have_30_digits_with_or_without_a_sign_but_not_31() -> None:
    assert read_json(b"-" + b"9" * 30) == -int("9" * 30)
    assert read_json(b"9" * 30) == int("9" * 30)
    for sign in (b"", b"-"):
        refused = refusal(sign + b"9" * 31)
        assert refused.code == "body-number"
        assert "31 digits" in refused.message


@pytest.mark.parametrize("digits", [300, 5_000, 900_000])
def test_absurdly_long_integers_are_refused_before_they_are_computed(digits: int) -> None:
    assert refusal(b'{"id": ' + b"9" * digits + b"}").code == "body-number"


def test_an_integer_may_be_as_long_as_the_caller_says() -> None:
    assert read_json(b"1234", max_int_digits=4) == 1234
    assert refusal(b"12345", max_int_digits=4).code == "body-number"


@pytest.mark.parametrize(
    "body",
    [b'{"a": 1, "b": 2, "a": 1}', b'[{"x": {"a": 1, "\\u0061": 2}}]'],
)
def test_a_key_named_twice_is_refused_and_named(body: bytes) -> None:
    refused = refusal(body)
    assert refused.code == "body-duplicate-key"
    assert '"a"' in refused.message


def test_the_same_key_in_two_objects_is_no_repetition() -> None:
    assert read_json(b'[{"a": 1}, {"a": 2}]') == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_32_levels_are_read_and_33_are_not(opening: bytes, closing: bytes) -> None:
    assert depth_of(read_json(nested(32, opening, closing))) == 32
    assert refusal(nested(33, opening, closing)).code == "body-too-deep"


@pytest.mark.parametrize("levels", [10_000, 1_000_000])
@pytest.mark.parametrize("closing", [b"]", b""])
def test_ten_thousand_and_a_million_levels_are_refused(levels: int, closing: bytes) -> None:
    body = b"[" * levels + closing * levels
    assert refusal(body, max_bytes=3_000_000).code == "body-too-deep"


def test_more_levels_than_python_can_nest_are_refused_even_where_the_caller_allows_them() -> None:
    assert refusal(nested(100_000), max_depth=1_000_000).code == "body-too-deep"


def test_brackets_inside_strings_are_not_levels() -> None:
    text = '[{"' * 40 + "\\" + "]" * 40
    assert read_json(json.dumps({"a": [text]}).encode()) == {"a": [text]}


@pytest.mark.parametrize(
    "shield",
    [b'"]]]]]]]]"', b'"\\"]]]]]]]]"', b'"\\\\"', b'"\\\\\\"]]]]]]]]"', b'"\\u005d]]]]]]]]"'],
)
def test_closing_brackets_inside_strings_do_not_hide_levels(shield: bytes) -> None:
    assert refusal((b"[" + shield + b",") * 40 + b"1" + b"]" * 40).code == "body-too-deep"


def test_many_flat_brackets_are_not_deep() -> None:
    assert read_json(b"[" + b"[]," * 1_000 + b"{}]") == [[]] * 1_000 + [{}]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"ticket": {"tags": ["ok", "a\\u0000"]}}', "a NUL character in ticket.tags[1],"),
        (b'[{"\\u0000": 1}]', "a NUL character in the key [0].\\x00,"),
        (b'{"a": "\\ud83d"}', "half of a surrogate pair in a,"),
        (b'{"a": "\\uDE00\\uD83D"}', "half of a surrogate pair in a,"),
        (b'{"\\udfff": 1}', "half of a surrogate pair in the key \\udfff,"),
        (b'"\\u0000"', "a NUL character in its only text,"),
    ],
)
def test_characters_that_cannot_be_stored_are_refused_with_their_place(
    body: bytes,
    where: str,
) -> None:
    refused = refusal(body)
    assert refused.code == "body-character"
    assert where in refused.message
    assert is_storable(refused.message)


def test_an_escaped_pair_and_an_escaped_backslash_are_ordinary_text() -> None:
    assert read_json(b'["\\ud83d\\ude00", "\\\\u0000", "\\\\ud83d"]') == [
        "😀",
        "\\u0000",
        "\\ud83d",
    ]


def test_a_long_or_unprintable_key_is_cut_and_escaped_in_the_message() -> None:
    key = "\x1b\n" + "k" * 5_000
    refused = refusal(f"{{{json.dumps(key)}: 1, {json.dumps(key)}: 2}}".encode())
    assert refused.message.isprintable()
    assert len(refused.message) < 250


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**29), 10**29)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), inner)
    ),
    max_leaves=60,
)


@given(json_values, st.booleans())
def test_what_json_can_say_comes_back_unchanged(value: object, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode()
    assert read_json(body, max_depth=60) == value


@given(json_values, st.integers(0, 6))
def test_a_body_is_too_deep_exactly_when_its_value_is(value: object, max_depth: int) -> None:
    body = json.dumps(value).encode()
    if depth_of(value) > max_depth:
        assert refusal(body, max_depth=max_depth).code == "body-too-deep"
    else:
        assert read_json(body, max_depth=max_depth) == value


tokens = st.sampled_from(
    [
        *rb'[ ] { } " \ \u0000 \ud800 : , 1 e999 - NaN true "a" "a": \"'.split(),
        *[b" ", b"\xff", b"\x00", b"9" * 40],
    ],
)


@given(st.binary() | st.lists(tokens, max_size=80).map(b"".join))
@example(b'"\\')
@example(b'[[["\\"' * 30)
def test_any_bytes_are_read_into_storable_values_or_refused(body: bytes) -> None:
    try:
        value = read_json(body)
    except BadBody as refused:
        assert refused.code.startswith("body-")
        assert is_storable(refused.message)
        return
    assert is_storable(value)


@pytest.mark.parametrize("encoding", [None, "", "identity", " Identity "])
def test_an_uncompressed_body_is_left_alone(encoding: str | None) -> None:
    assert decode_body(b"\x1f\x8bplain", encoding, 100) == b"\x1f\x8bplain"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZip "])
def test_a_gzip_body_is_unpacked(encoding: str) -> None:
    assert decode_body(gzip.compress(b'{"a": 1}'), encoding, 100) == b'{"a": 1}'


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip;q=1", "bogus\n"])
def test_other_compressions_are_refused(encoding: str) -> None:
    refused = decode_refusal(b"x", encoding)
    assert refused.code == "body-compressed"
    assert refused.message.isprintable()


def test_a_gzip_body_of_exactly_the_allowed_size_is_unpacked_and_one_byte_more_is_not() -> None:
    assert decode_body(gzip.compress(b"x" * 1_000), "gzip", 1_000) == b"x" * 1_000
    assert decode_refusal(gzip.compress(b"x" * 1_001), "gzip").code == "body-too-large"


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_body_that_is_too_large_as_sent_is_refused_unread(encoding: str | None) -> None:
    assert decode_refusal(b"x" * 1_001, encoding).code == "body-too-large"


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A gzip of 300 MB of zeros, itself under 300 kB."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(10_000_000)) for _ in range(30)) + packer.flush()


def test_a_compressed_bomb_is_refused_without_being_unpacked(bomb: bytes) -> None:
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        assert decode_refusal(bomb, "gzip", 1_000_000).code == "body-too-large"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_a_gzip_of_several_members_is_refused() -> None:
    two = gzip.compress(b"[1,") + gzip.compress(b"2]")
    assert decode_refusal(two, "gzip").code == "body-broken-gzip"


@pytest.mark.parametrize("cut", range(len(gzip.compress(b'{"a": 1}'))))
def test_a_gzip_body_that_is_cut_short_is_refused(cut: int) -> None:
    assert decode_refusal(gzip.compress(b'{"a": 1}')[:cut], "gzip").code == "body-broken-gzip"


@given(st.binary(max_size=300))
def test_any_bytes_sent_as_gzip_are_unpacked_or_refused(raw: bytes) -> None:
    for candidate in (raw, gzip.compress(raw)[: len(raw)], gzip.compress(b"a")[:10] + raw):
        try:
            assert len(decode_body(candidate, "gzip", 100)) <= 100
        except BadBody as refused:
            assert refused.code in {"body-too-large", "body-broken-gzip"}


def test_the_spoiled_end_of_a_gzip_body_is_noticed() -> None:
    packed = bytearray(gzip.compress(b'{"a": 1}'))
    packed[-5] ^= 1
    assert decode_refusal(bytes(packed), "gzip").code == "body-broken-gzip"
