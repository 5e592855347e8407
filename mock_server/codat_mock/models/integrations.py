"""Integrations: the platforms that companies connect to, and their branding.

Source: contract sections 2 and 7, the vendor's SDK (shape of the branding).
"""

from __future__ import annotations

from typing import Literal

from codat_mock.models.commerce import Wire
from codat_mock.models.companies import SourceKind

# Source of the two: contract part 2, section A11.
FeatureType = Literal[
    "Get", "Post", "Categorization", "Delete", "Put", "GetAsPdf", "DownloadAttachment",
    "GetAttachment", "GetAttachments", "UploadAttachment",
]  # fmt: skip
FeatureState = Literal["Release", "Alpha", "Beta", "Deprecated", "NotSupported", "NotImplemented"]
Environments = Literal["Unknown", "SandboxOnly", "LiveOnly", "LiveAndSandbox"]


class SupportedFeature(Wire, omit_defaults=False):
    """An operation that a platform supports for a data type."""

    feature_type: FeatureType
    feature_state: FeatureState = "Release"


class DatatypeFeature(Wire, omit_defaults=False):
    """The operations that a platform supports for one data type."""

    datatype: str
    supported_features: tuple[SupportedFeature, ...]


class Integration(Wire, kw_only=True, omit_defaults=False):
    """A platform, as `GET /config/integrations` shows it."""

    key: str
    integration_id: str
    source_id: str
    source_type: SourceKind
    name: str
    logo_url: str
    enabled: bool = True
    is_beta: bool = False
    is_offline_connector: bool = False
    supported_environments: Environments = "LiveAndSandbox"
    linked_connections_count: int = 0
    total_connections_count: int = 0
    data_provided_by: str = "Codat"
    datatype_features: tuple[DatatypeFeature, ...] = ()


class ImageReference(Wire, omit_defaults=False):
    """The URL of an image and its alternative text."""

    src: str
    alt: str


class BrandingImage(Wire, omit_defaults=False):
    """One image."""

    image: ImageReference


class BrandingLogo(Wire, omit_defaults=False):
    """The logo in its two forms."""

    full: BrandingImage
    square: BrandingImage


class BrandingButton(Wire, omit_defaults=False):
    """The image of a button, and the one shown on hover."""

    default: BrandingImage
    hover: BrandingImage


class Branding(Wire, omit_defaults=False):
    """The logos and button of a platform."""

    logo: BrandingLogo
    button: BrandingButton
    source_id: str
