"""Which database URLs are taken."""

from __future__ import annotations

import pytest

from trailkeeper.models.engine import make_engine


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not a database URL"),
        ("localhost/trail", "not a database URL"),
        ("postgresql://u:hush@h/d", r"begins with postgresql://; expected postgresql\+psycopg2://"),
        ("sqlite:///trail.db", "begins with sqlite://"),
        ("postgresql+psycopg2://u:hush@h:port/d", "not a database URL"),
    ],
)
def test_a_url_of_anything_else_is_refused_without_repeating_its_password(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        make_engine(url, application_name="test")

    assert "hush" not in str(refused.value)
