"""Canonical JSON against RFC 8785 (section 3.2, appendix B) and a JavaScript engine."""

from __future__ import annotations

import hashlib
import json
import math
import random
import struct
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.canonical import NotCanonical, sha256, text

RFC_8785_APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), RFC_8785_APPENDIX_B)
def test_numbers__are_written_as_in_the_standard(bits: str, written: str) -> None:
    assert text(struct.unpack(">d", bytes.fromhex(bits))[0]) == written


def test_sample_of_the_standard() -> None:
    content = json.loads(
        r"""{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
        }"""
    )
    assert text(content) == (
        r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        r'"string":"€$\u000f\nA' + "'" + r'B\"\\\\\"/"}'
    )


def test_keys__are_sorted_by_utf_16_code_units() -> None:
    content = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(text(content)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_double__comes_back(value: float) -> None:
    assert float(text(value)) == value


def test_one_number__has_one_text() -> None:
    assert text({"n": 1.0}) == text({"n": 1}) == '{"n":1}'


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"a": [1, float("nan")]}, r"\$\.a\[1\] is nan"),
        ({"a": {"b": Decimal("0.95")}}, r"\$\.a\.b is a Decimal"),
        ({"on": date(2026, 1, 1)}, r"\$\.on is a date"),
        ({"n": 2**53 + 1}, r"\$\.n is 9007199254740993"),
        ({"n": 10**400}, r"\$\.n is 1000"),
        ({"s": "\ud800"}, r"\$\.s holds half a character"),
        ({1: "one"}, r"\$ has the key 1"),
    ],
)
def test_what_json_cannot_hold__is_refused_with_its_place(content: object, place: str) -> None:
    with pytest.raises(NotCanonical, match=place):
        text(content)  # type: ignore[arg-type]


def test_checksum__is_over_the_utf_8_bytes() -> None:
    written = bytes.fromhex("7b22e5908de7a7b0223a22e585a8e5a496e698bee5ad90227d")
    assert sha256({"名称": "全外显子"}) == hashlib.sha256(written).hexdigest()


@pytest.mark.django_db
@pytest.mark.parametrize("value", [1e15, 1e21, 1e22, 1e300, 2.0**60, -0.0, 5e-324, 0.1 + 0.2, 12, 1.5e-9, "é\n€"])
def test_text__is_the_same_after_a_jsonb_column(value: object) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb", [json.dumps({"value": value})])
        returned = json.loads(cursor.fetchone()[0])
    assert text(returned) == text({"value": value})


@pytest.mark.browser
def test_numbers__are_written_as_a_javascript_engine_writes_them(chromium: Any) -> None:
    randomly = random.Random(8785)
    bits = [f"{randomly.getrandbits(64):016x}" for _ in range(20_000)]
    values = [(pattern, struct.unpack(">d", bytes.fromhex(pattern))[0]) for pattern in bits]
    finite = [(pattern, value) for pattern, value in values if math.isfinite(value)]
    page = chromium.new_page()
    written = page.evaluate(
        """patterns => patterns.map(pattern => {
            const view = new DataView(new ArrayBuffer(8));
            view.setBigUint64(0, BigInt("0x" + pattern));
            return JSON.stringify(view.getFloat64(0));
        })""",
        [pattern for pattern, _value in finite],
    )
    page.close()
    assert len(finite) > 19_000
    assert [text(value) for _pattern, value in finite] == written
