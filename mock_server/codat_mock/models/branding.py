"""The pictures of a platform, for a shop's own pages.

Source: contract section 2 (operation), the vendor's SDK (shape).
"""

from __future__ import annotations

from codat_mock.models.commerce import Wire


class ImageReference(Wire, omit_defaults=False):
    """Where a picture is, and what to say in its place."""

    src: str
    alt: str


class BrandingImage(Wire, omit_defaults=False):
    """One picture."""

    image: ImageReference


class BrandingLogo(Wire, omit_defaults=False):
    """The logo in its two forms."""

    full: BrandingImage
    square: BrandingImage


class BrandingButton(Wire, omit_defaults=False):
    """The picture of a button, and while the pointer is on it."""

    default: BrandingImage
    hover: BrandingImage


class Branding(Wire, omit_defaults=False):
    """The pictures of a platform."""

    logo: BrandingLogo
    button: BrandingButton
    source_id: str
