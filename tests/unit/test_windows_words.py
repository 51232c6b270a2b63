"""What Windows alone says of files: lists of who may read them, and numbers of its errors."""

from __future__ import annotations

import pytest

from batch_update import wording
from batch_update.settings import access

OWNER = "(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-5-21-1-2-3-1001)"


@pytest.mark.parametrize(
    "more",
    [
        "(A;;FR;;;WD)",
        "(A;ID;0x1200a9;;;BU)",
        "(A;OICI;GA;;;AU)",
        "(A;;CCDCLC;;;DU)",
        "(A;;0x80000000;;;S-1-5-21-1-2-3-513)",
    ],
)
def test_a_list_that_lets_everybody_or_all_users_read_is_known(more: str) -> None:
    assert access.lets_many_read(f"D:AI{OWNER}{more}")


@pytest.mark.parametrize(
    "more",
    [
        "",
        # What is made in a folder later, no right to read, a refusal, and one named colleague.
        "(A;OICIIO;GA;;;BU)",
        "(A;;0x100002;;;WD)",
        "(D;;FA;;;WD)",
        "(A;;FR;;;S-1-5-21-1-2-3-1002)",
        "(A;;FA;;;OW)",
    ],
)
def test_a_list_of_owner_system_and_named_people_is_in_order(more: str) -> None:
    assert not access.lets_many_read(f"D:PAI{OWNER}{more}")


def test_a_file_without_a_list_is_everybodys() -> None:
    assert access.lets_many_read("D:NO_ACCESS_CONTROL")


def of_windows(number: int, path: str = "day.xlsx") -> OSError:
    error = OSError(22, "said by Windows in its own language", path)
    setattr(error, "winerror", number)  # noqa: B010 mypy knows it on Windows alone
    return error


@pytest.mark.parametrize("number", [362, 388, 404])
def test_a_file_that_a_cloud_keeps_says_so(number: int) -> None:
    said = wording.reason_of(of_windows(number))
    assert said == "the cloud that keeps it does not give it just now"


def test_a_path_that_is_too_long_for_windows_says_so() -> None:
    long = f"/{'folder/' * 40}day.xlsx"
    said = wording.reason_of(of_windows(3, long))
    assert said == "the path is too long for Windows; a folder with a shorter one helps"
    assert "too long" not in wording.reason_of(of_windows(3))
    assert "too long" not in wording.reason_of(of_windows(5, long))
