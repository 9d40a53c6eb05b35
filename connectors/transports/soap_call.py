"""One SOAP call over the HTTP client, and what a fault means: its own text is never repeated, it may name someone."""

from __future__ import annotations

from collections.abc import Callable

from connectors.errors import Remedy, SourceError, SourceRefused, SourceUnavailable
from connectors.transports.addresses import host_of
from connectors.transports.http import HttpClient, HttpRequest
from connectors.transports.wss import SOAP
from connectors.transports.xml import Element, read

_MEDIA = {"1.1": "text/xml", "1.2": "application/soap+xml"}
_RECEIVER = frozenset({"Server", "Receiver"})
# SOAP 1.1 §4.4.1, SOAP 1.2 part 1 §5.4.6, WSS SOAP Message Security 1.1 §12, WS-Trust 1.3 §11
_MEANING = {
    "Client": "the request is not what it expects",
    "Sender": "the request is not what it expects",
    "Server": "it could not answer",
    "Receiver": "it could not answer",
    "VersionMismatch": "it speaks another version of SOAP",
    "MustUnderstand": "it does not understand a header of the request",
    "InvalidSecurity": "it does not accept the security header",
    "InvalidSecurityToken": "it does not accept the token",
    "SecurityTokenUnavailable": "it does not know the token",
    "FailedAuthentication": "it does not accept the certificate or the token",
    "FailedCheck": "it finds the signature wrong",
    "UnsupportedAlgorithm": "it does not accept the algorithms of the signature",
    "MessageExpired": "it finds the request too old",
    "InvalidRequest": "the request for a token is not what it expects",
    "RequestFailed": "it issues no token for this service and authority: check the agreement",
    "BadRequest": "the request for a token is not what it expects",
    "InvalidScope": "it does not know the service that the token is for",
}
_REMEDIES = {
    "Client": Remedy.REQUEST,
    "Sender": Remedy.REQUEST,
    "VersionMismatch": Remedy.REQUEST,
    "MustUnderstand": Remedy.REQUEST,
    "FailedCheck": Remedy.REQUEST,
    "UnsupportedAlgorithm": Remedy.REQUEST,
    "MessageExpired": Remedy.CLOCKS,
    "InvalidRequest": Remedy.REQUEST,
    "BadRequest": Remedy.REQUEST,
    "": Remedy.REQUEST,
}
_TOKEN_REFUSED = frozenset({"InvalidSecurityToken", "SecurityTokenUnavailable", "FailedAuthentication"})


class TokenNotAccepted(SourceRefused):
    """A service does not accept the token that it was shown: a new one may help, once."""


def call(http: HttpClient, endpoint: str, build: Callable[[], bytes], *, version: str, action: str) -> bytes:
    """The envelope of an answer that is no fault. `build` makes a message for every attempt, with its own time and id.

    A fault is `SourceUnavailable` where it is the service's, and `SourceRefused` where it is about the request.
    """
    media = _MEDIA[version]
    headers = {"content-type": f"{media}; charset=utf-8"}
    if version == "1.1":
        headers["soapaction"] = f'"{action}"'
    else:
        headers["content-type"] += f'; action="{action}"'
    answer = http.send(
        lambda: HttpRequest("POST", endpoint, headers, build()), accept={media}, statuses=(200,), faults=(400, 500)
    )
    source = host_of(endpoint)
    fault = read(answer.body, source=source).find(f"{SOAP[version]}Body/{SOAP[version]}Fault")
    if fault is not None:
        raise _refusal(fault, version, source)
    if answer.status != 200:
        raise SourceUnavailable(source=source, reason=f"it answered with status {answer.status}")
    return answer.body


def _refusal(fault: Element, version: str, source: str) -> SourceError:
    if version == "1.1":
        codes = [fault.findtext("faultcode") or ""]
    else:
        codes = [found.text or "" for found in fault.iter(f"{SOAP['1.2']}Value")]
    known = [code for code in (text.strip().rpartition(":")[2] for text in codes) if code in _MEANING]
    most_exact = known[-1] if known else ""
    reason = f"it answered with a fault: {_MEANING.get(most_exact, 'of a code that is not known here')}"
    if most_exact in _TOKEN_REFUSED:
        return TokenNotAccepted(source=source, reason=reason)
    if most_exact in _RECEIVER:
        return SourceUnavailable(source=source, reason=reason)
    return SourceRefused(source=source, reason=reason, remedy=_REMEDIES.get(most_exact, Remedy.CREDENTIALS))
