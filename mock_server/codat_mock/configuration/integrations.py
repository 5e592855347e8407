"""The platforms that a company can be connected to.

Source: contract section 7, and part 2, sections A1 and A11 (keys, the ids of Xero). The other ids
and the states of features are assumed.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from codat_mock.models.integrations import (
    Branding,
    BrandingButton,
    BrandingImage,
    BrandingLogo,
    DatatypeFeature,
    FeatureType,
    ImageReference,
    Integration,
    SupportedFeature,
)


def features(
    feature_types: tuple[FeatureType, ...], *datatypes: str
) -> tuple[DatatypeFeature, ...]:
    """The same things done with each of some data types."""
    supported = tuple(SupportedFeature(feature_type) for feature_type in feature_types)
    return tuple(DatatypeFeature(datatype, supported) for datatype in datatypes)


def logo(letter: str, colour: str) -> str:
    """An inline picture that is no trade mark: a letter on a coloured square."""
    picture = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'>"
        f"<rect width='64' height='64' rx='12' fill='#{colour}'/>"
        "<text x='32' y='44' font-family='sans-serif' font-size='34' text-anchor='middle'"
        f" fill='#fff'>{letter}</text></svg>"
    )
    return f"data:image/svg+xml,{quote(picture)}"


def wordmark(name: str, colour: str) -> str:
    """An inline picture: a platform's name on a coloured ground."""
    picture = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 240 64'>"
        f"<rect width='240' height='64' rx='12' fill='#{colour}'/>"
        "<text x='120' y='41' font-family='sans-serif' font-size='24' text-anchor='middle'"
        f" fill='#fff'>{name}</text></svg>"
    )
    return f"data:image/svg+xml,{quote(picture)}"


PUSHED: Final = features(("Post",), "commerce-orders", "commerce-payments", "commerce-transactions")
WRITTEN: Final = features(
    ("Get", "Post"),
    "invoices", "creditNotes", "payments", "bills", "billPayments", "billCreditNotes",
) + features(("Get",), "chartOfAccounts", "customers", "suppliers", "taxRates")  # fmt: skip

INTEGRATIONS: Final = (
    Integration(
        key="lqai",
        integration_id="1163760e-6cf6-4d16-ae7d-9177950acfd9",
        source_id="3b3dbf91-dfff-44b4-a945-483a8e275448",
        source_type="Commerce",
        name="Partner Commerce",
        logo_url=logo("P", "334155"),
        is_beta=True,
        datatype_features=PUSHED,
    ),
    Integration(
        key="gbol",
        integration_id="0f20c943-12d0-4800-9f6c-d218f62d494c",
        source_id="8a156a5a-39cb-4f9d-856e-76ef9b9a9607",
        source_type="Accounting",
        name="Xero",
        logo_url=logo("X", "0e7490"),
        datatype_features=WRITTEN,
    ),
    Integration(
        key="qhyg",
        integration_id="77a96b8e-96af-4167-838a-83e462d9a967",
        source_id="0d12a365-4f3e-466b-854d-f6de54eff908",
        source_type="Accounting",
        name="QuickBooks Online",
        logo_url=logo("Q", "15803d"),
        datatype_features=WRITTEN,
    ),
    Integration(
        key="fbrh",
        integration_id="5466d6eb-c0da-4e91-8dce-d1d030725d4e",
        source_id="dfcfe720-41d2-4c8b-8f08-3dfd1a9e28c5",
        source_type="Accounting",
        name="FreeAgent",
        logo_url=logo("F", "1d4ed8"),
        datatype_features=WRITTEN,
    ),
)


BY_NAME: Final = {
    name: integration
    for integration in INTEGRATIONS
    for name in (integration.key, integration.integration_id)
}


def find_integration(key_or_uuid: str) -> Integration | None:
    """The integration of that four-letter key or UUID, in any case; None where there is none."""
    return BY_NAME.get(key_or_uuid.strip().lower())


def branding(integration: Integration) -> Branding:
    """The pictures of a platform: its name on two grounds, and its letter."""
    name = integration.name
    square = BrandingImage(ImageReference(integration.logo_url, name))
    full = BrandingImage(ImageReference(wordmark(name, "334155"), name))
    label = f"Connect {name}"
    return Branding(
        logo=BrandingLogo(full=full, square=square),
        button=BrandingButton(
            default=BrandingImage(ImageReference(wordmark(label, "334155"), label)),
            hover=BrandingImage(ImageReference(wordmark(label, "1e293b"), label)),
        ),
        source_id=integration.source_id,
    )
