"""Services over SOAP that are shown a token: the municipal ones, by the operations of `connectors.transports.kombit`.

This module reads a declaration; the XML libraries are loaded when a source is connected to, and no sooner.
"""

from __future__ import annotations

import re

from connectors.errors import SchemaChanged
from connectors.schema import Schema
from connectors.transport import Clock, PersonTransport, Secrets
from connectors.transports.addresses import host_of
from connectors.transports.http_settings import read_http, url
from connectors.transports.kombit import OPERATIONS, Operation
from connectors.transports.soap_settings import SoapSettings, TokenSettings
from vocabulary.declaration import DeclarationTable, one_of

_CVR = re.compile(r"\d{8}")


def read(table: DeclarationTable) -> SoapSettings:
    operation = table.convert("operation", one_of(*OPERATIONS))
    endpoint = url(table, "endpoint")
    token = table.table("token")
    issued_at = url(token, "endpoint")
    settings = SoapSettings(
        operation=operation,
        endpoint=endpoint,
        entity_id=table.text("entity_id"),
        cvr=table.convert("cvr", _eight_digits),
        certificate=table.text("certificate"),
        answers_signed_by=_signer(table),
        token=TokenSettings(issued_at, token.text("issuer"), token.text("certificate")),
        http=read_http(table, endpoint, issued_at),
        parameters=_parameters(table, OPERATIONS[operation]),
    )
    token.finish()
    return settings


def _signer(table: DeclarationTable) -> str:
    """Whether answers are signed has no default: who leaves it out has not decided it."""
    signer = table.text("answers_signed_by")
    return "" if signer == "nobody" else signer


def _eight_digits(text: str) -> str:
    if not _CVR.fullmatch(text):
        raise ValueError("must be the eight digits of a CVR number")
    return text


def _parameters(table: DeclarationTable, operation: Operation) -> dict[str, str]:
    if not operation.parameters:
        return {}
    given = table.table("parameters")
    found = {}
    for name, pattern in operation.parameters.items():
        text = given.text(name)
        if not re.fullmatch(pattern, text):
            raise given.refuse(name, f"must be digits, as the agreement says (pattern {pattern})")
        found[name] = text
    given.finish()
    return found


def check(root: DeclarationTable, settings: SoapSettings, schema: Schema) -> None:
    """Nothing: whether the operation has the columns is said when it is connected to."""


def lists_everybody(settings: SoapSettings) -> bool:
    """Never: each question names one person. Who is checked is logged before the service is asked."""
    return False


def connect(settings: SoapSettings, schema: Schema, secrets: Secrets, clock: Clock) -> PersonTransport:
    """The transport of these settings; `SecretMissing`, or `SchemaChanged` for a column that the operation lacks."""
    operation = OPERATIONS[settings.operation]
    for name in schema.columns:
        if name not in operation.columns:
            reason = f"{settings.operation} has no column {name!r}, only: {', '.join(operation.columns)}"
            raise SchemaChanged(source=host_of(settings.endpoint), reason=reason)
    from connectors.transports.soap_transport import open_service  # loads the XML libraries

    return open_service(settings, schema, secrets, clock)
