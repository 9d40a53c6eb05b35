"""Credentials of a REST source: a key in a header, or an access token that is kept until it ends."""

from __future__ import annotations

import base64
import re
import threading
from typing import Protocol
from urllib.parse import quote, urlencode

from connectors.errors import SourceMalformed
from connectors.transport import Clock, Secrets
from connectors.transports.addresses import host_of
from connectors.transports.http import HttpClient, HttpRequest
from connectors.transports.json_answer import parse_json, value_at
from connectors.transports.rest_settings import ApiKey, OAuth

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8192}")  # RFC 6750 §2.1
_MARGIN_SECONDS = 30
_LONGEST_SECONDS = 3600
_JSON = ("application/json",)


class Credentials(Protocol):
    def headers(self) -> dict[str, str]: ...
    def forget(self) -> bool:
        """Whether another attempt would come with other credentials than the last."""
        ...


class NoCredentials:
    """Of a source that knows us by our certificate, or is open."""

    def headers(self) -> dict[str, str]:
        return {}

    def forget(self) -> bool:
        return False


class KeyCredentials:
    """A key that is read each time, so that it can be changed while the gateway runs."""

    def __init__(self, key: ApiKey, secrets: Secrets) -> None:
        self._key, self._secrets = key, secrets

    def headers(self) -> dict[str, str]:
        return {self._key.header: self._key.prefix + self._secrets.text(self._key.secret)}

    def forget(self) -> bool:
        return False


class TokenCredentials:
    """Access tokens by client credentials (RFC 6749 §4.4), one at a time, shared by all threads.

    How long a token is good is counted from before it was asked for, on our own clock: the source's may be wrong.
    """

    def __init__(self, oauth: OAuth, http: HttpClient, secrets: Secrets, clock: Clock) -> None:
        self._oauth, self._http, self._secrets, self._clock = oauth, http, secrets, clock
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def headers(self) -> dict[str, str]:
        with self._lock:
            if not self._token or self._clock.monotonic() >= self._ends:
                self._fetch()
            return {"authorization": f"Bearer {self._token}"}

    def forget(self) -> bool:
        with self._lock:
            had, self._token = bool(self._token), ""
            return had

    def _fetch(self) -> None:
        asked = self._clock.monotonic()
        source = host_of(self._oauth.token_url)
        answer = self._http.send(self._request, accept=_JSON)
        said = parse_json(answer.body, source=source)
        token, kind = value_at(said, ("access_token",)), value_at(said, ("token_type",))
        seconds = value_at(said, ("expires_in",))
        if not _TOKEN.fullmatch(token) or kind.lower() != "bearer":
            raise SourceMalformed(source=source, reason="the answer is no bearer token (RFC 6749 §5.1)")
        good_for = int(seconds[:9]) if seconds.isascii() and seconds.isdigit() else 0
        self._token, self._ends = token, asked + min(good_for, _LONGEST_SECONDS) - _MARGIN_SECONDS

    def _request(self) -> HttpRequest:
        oauth, secret = self._oauth, self._secrets.text(self._oauth.secret)
        form = {"grant_type": "client_credentials"} | ({"scope": oauth.scope} if oauth.scope else {})
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if oauth.sends == "body":
            form |= {"client_id": oauth.client_id, "client_secret": secret}
        else:
            pair = f"{quote(oauth.client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return HttpRequest("POST", oauth.token_url, headers, urlencode(form).encode())
