"""Keeps requests to this machine away from the proxies and the netrc of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Final

HOSTS: Final = ("127.0.0.1", "localhost", "::1")
# HTTPS_PROXY does not apply to the mock, which has no TLS, but a client may have both.
PROXIES: Final = (
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
)
NETRC_FILES: Final = (".netrc", "_netrc")  # requests reads both


def direct_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables to set so that HTTP clients reach this machine directly.

    `NO_PROXY` is extended only if there is a proxy, and `NETRC` replaced only if the file would
    overwrite the API key of a request to this machine.

    Args:
        environ: the environment of the process that sends the requests.
    """
    found = {}
    if proxy_variable(environ):
        hosts = exceptions(environ)
        if "*" not in hosts:
            hosts += [host for host in HOSTS if host not in hosts]
        found = dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(hosts))
    if has_netrc_entry(environ):
        found["NETRC"] = os.devnull
    return found


def proxy_variable(environ: Mapping[str, str]) -> str:
    """The first variable that names a proxy; empty if there is none."""
    return next((name for name in PROXIES if environ.get(name)), "")


def exceptions(environ: Mapping[str, str]) -> list[str]:
    """The hosts that are reached without a proxy, each once."""
    values = (environ.get(name, "") for name in ("NO_PROXY", "no_proxy"))
    hosts = (host.strip() for value in values for host in value.split(","))
    return list(dict.fromkeys(filter(None, hosts)))


def has_netrc_entry(environ: Mapping[str, str]) -> bool:
    """Whether a netrc file has credentials for this machine, by name or by default."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    named = environ.get("NETRC")
    for path in [Path(named)] if named else [home / name for name in NETRC_FILES]:
        try:
            entries = netrc(path)
        except (OSError, NetrcParseError, UnicodeDecodeError):
            continue
        if any(entries.authenticators(host) for host in HOSTS):
            return True
    return False
