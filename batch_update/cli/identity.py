"""Which shop a run speaks to, in words and for other programs; never with its key."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from batch_update import wording
from batch_update.i18n import _
from batch_update.settings.model import Settings

_SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopIdentity:
    """A shop by all of its names; None for those that are not known.

    Args:
        login: of the account.
        address: of the API.
        profile: of the config file, if one was named.
        name: in the ledger.
    """

    login: str | None = None
    address: str | None = None
    profile: str | None = None
    name: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return it for JSON."""
        return asdict(self)


def identify(settings: Settings) -> ShopIdentity:
    """Return the shop that a run speaks to; in practice, the stand-in."""
    if settings.is_practice:
        from batch_update.sandbox import PRACTICE_LOGIN

        return ShopIdentity(login=PRACTICE_LOGIN, address=_SANDBOX, name=_SANDBOX)
    account = settings.account
    if account is None:
        return ShopIdentity(profile=settings.profile)
    return ShopIdentity(
        login=account.credentials.username,
        address=account.base_url,
        profile=settings.profile or None,
        name=account.name,
    )


def describe(settings: Settings) -> str:
    """Name the shop in one line."""
    shop = identify(settings)
    if settings.is_practice:
        return _("the sandbox, a stand-in on this machine")
    if shop.login is None:
        return _("none is named, so what was sent before is not known")
    text = (
        _("{login} at {address}, profile {profile}") if shop.profile else _("{login} at {address}")
    )
    return text.format(
        login=wording.printable(shop.login),
        address=wording.printable(shop.address or ""),
        profile=wording.printable(shop.profile or ""),
    )


def first_line(settings: Settings) -> str:
    """Return the first line of a run: what kind it is, and which shop it speaks to."""
    if settings.is_practice and settings.is_dry_run:
        text = _("PRACTICE, dry run: the sheet is checked, and nothing is sent.")
    elif settings.is_practice:
        text = _("PRACTICE: nothing is sent to the shop. A stand-in on this machine answers.")
    elif settings.is_dry_run:
        text = _("Dry run, nothing is sent. Shop: {shop}")
    else:
        text = _("Shop: {shop}")
    return text.format(shop=describe(settings))
