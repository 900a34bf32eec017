"""A token is the HMAC that it is said to be, of any text under any key."""

import hashlib
import hmac

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.tokens import pads, token

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@settings(deadline=None, max_examples=15, derandomize=True)
@given(key=st.binary(min_size=1, max_size=100), texts=st.lists(TEXTS, min_size=1))
# A key of SHA-256's block, and one longer than it: RFC 2104 hashes only the latter.
@example(b"k" * 64, ["né à Lodwar"])
@example(b"k" * 65, ["", "P000000001"])
def test_a_token_is_the_hmac_of_its_text(key, texts):
    made = duckdb.execute(
        f"SELECT {token('text')} FROM (SELECT unnest($texts::VARCHAR[]) AS text)", {**pads(key), "texts": texts}
    ).fetchall()
    assert made == [(hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32],) for text in texts]


def test_nothing_has_no_token():
    with duckdb.connect() as con:
        assert con.execute(f"SELECT {token('NULL::VARCHAR')}", pads(b"key")).fetchone() == (None,)
