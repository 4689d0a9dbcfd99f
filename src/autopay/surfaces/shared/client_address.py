"""Where a request comes from, and its network: what limits count by (G3) and a consent writes down."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.http import HttpRequest

from autopay.conf import conf

PREFIX = {4: 24, 6: 48}
"""Who rents one address mostly has its neighbours too."""


def client_address(request: HttpRequest) -> str | None:
    """The address that reached the outermost of our own proxies; each of them adds one to X-Forwarded-For.

    What a client wrote there itself stands further left and is not looked at. None where the server names no address.
    """
    peer, hops = str(request.META.get("REMOTE_ADDR", "")), conf().trusted_proxies
    told = [each.strip() for each in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")] if hops else []
    for candidate in (told[-hops:][:1] or [""])[0], peer:
        if address := _read(candidate):
            return str(address)
    return None


def network_of_client(request: HttpRequest) -> str:
    """Its /24, or /48 of IPv6. Those whose address is not known share one."""
    address = client_address(request)
    if address is None:
        return "unknown"
    return str(ip_network(f"{address}/{PREFIX[ip_address(address).version]}", strict=False))


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """IPv4 written as IPv6 is IPv4: else one client could count as two."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
