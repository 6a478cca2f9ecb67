"""What guards the door: passwords, typed codes, and the wait after failed tries."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.domain import codes, tries
from backend.domain.errors import ClinicError
from backend.domain.passwords import check

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
EMAIL, NAME = "bram.jansen@clinic.example", "Bram Jansen"


@pytest.mark.parametrize(
    "password", ["correct horse battery", "tien groene fietsen", "\u00e9\u00e8\u00ea regen op zondag", "x7Kq-9mT2-vR4b"]
)
def test_length_is_what_makes_a_password(password: str) -> None:
    if len(password) < 15:
        with pytest.raises(ClinicError, match="weak-password"):
            check(password, EMAIL, NAME)
    else:
        assert check(password, EMAIL, NAME) == password


@pytest.mark.parametrize(
    "password",
    [
        "a" * 15,
        "abababababababab",
        "Welkom Welkom Welkom",
        "bramjansen-bramjansen",
        "bram.jansen@clinic.example",
        "Uitwerk Uitwerk 12",
        "wachtwoord1234567890",
        "natalizumab natalizumab",
        "1234567890123456",
    ],
)
def test_a_password_anybody_would_try_is_refused(password: str) -> None:
    with pytest.raises(ClinicError) as caught:
        check(password, EMAIL, NAME)
    assert caught.value.error.code == "weak-password"
    assert "/password" in caught.value.pointers
    assert password not in caught.value.detail


def test_the_same_letters_written_differently_are_one_password() -> None:
    assert check("cafe\u0301 op de hoek 12", EMAIL, NAME) == check("caf\u00e9 op de hoek 12", EMAIL, NAME)


@given(st.binary(min_size=12, max_size=12))
def test_a_shown_code_reads_back_however_it_is_typed(random: bytes) -> None:
    code = codes.from_bytes(random)
    sloppy = code.shown.lower().replace("0", "o").replace("1", "i").replace("-", " - ")
    assert codes.read(code.shown) == codes.read(sloppy) == codes.read(code.selector + code.verifier) == code


@given(st.text(max_size=20))
def test_any_text_is_a_code_or_none(typed: str) -> None:
    code = codes.read(typed)
    assert code is None or codes.read(code.shown) == code


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-EFGH", "ABCD-EFGHJKMN0", "UUUU-UUUUUUUU", "ABCD_EFGHJKMN"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert codes.read(typed) is None


def test_too_few_random_bytes_make_no_code() -> None:
    with pytest.raises(ValueError, match="few"):
        codes.from_bytes(b"short")


@pytest.mark.parametrize(("count", "wait"), [(0, 0), (4, 0), (5, 1), (6, 2), (9, 16), (10, 900), (12, 900)])
def test_waiting_grows_with_each_failed_try(count: int, wait: int) -> None:
    assert tries.wait_s([NOW] * count, NOW, limit=10) == wait


def test_at_the_limit_one_waits_until_the_oldest_try_is_forgotten() -> None:
    failed = [NOW - timedelta(minutes=n) for n in range(10)]
    assert tries.wait_s(failed, NOW, limit=10) == 6 * 60
    assert tries.wait_s(failed, NOW + timedelta(minutes=6), limit=10) == 0


@example(
    [-776] + [0] * 14, 15, 4
)  # the fifteenth goes in two minutes, and then the others had a delay beyond the window
@given(
    st.lists(st.integers(min_value=-2000, max_value=0), max_size=20),
    st.integers(min_value=1, max_value=15),
    st.integers(min_value=1, max_value=8),
)
def test_after_waiting_as_told_the_next_try_is_free(ago: list[int], limit: int, free: int) -> None:
    failed = [NOW + timedelta(seconds=seconds) for seconds in ago]
    wait = tries.wait_s(failed, NOW, limit, free)
    assert 0 <= wait <= 900
    assert tries.wait_s(failed, NOW + timedelta(seconds=wait), limit, free) == 0
