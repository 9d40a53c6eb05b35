"""The tables of an installation and of what was agreed in it: contracts, programmes, acceptances and proposals."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from gateway.store.columns import blob, instant, json_value, optional_instant


class Installation(SQLModel, table=True):
    """Whose gateway this is. Trusted; may not be lost; an edit renames the issuer, and no trust file has that name; an
    edit of the kind contradicts every key of the store, and nothing opens.
    """

    id: int = Field(default=1, primary_key=True)
    host_name: str
    municipality_code: str
    municipality_name: str
    kind: str  # `gateway.installation.settings.Kind`
    created_at: datetime = instant()

    @property
    def is_demo(self) -> bool:
        """Whether what is signed here proves nothing: every installation but a production one."""
        return self.kind != "production"


class TriedDraft(SQLModel, table=True):
    """Drafts that were tried on real people, as their files stand: no later one may tell few people apart from them.
    Trusted; whoever removes one lets two figures be subtracted.
    """

    contract_id: str = Field(primary_key=True)  # whose people
    sha256: str = Field(primary_key=True)
    text: bytes = blob()


class TrialReportRow(SQLModel, table=True):
    """Drafts that were tried on people who are in no contract, each with its signed report. Checked by the digests that
    the access log names; a row that is missing lets nothing more be tried from its files.
    """

    contract_sha256: str = Field(primary_key=True)
    contract_id: str
    text: bytes = blob()
    files_sha256: str
    token: str


class ContractVersion(SQLModel, table=True):
    """Contract files in force. Checked by digest against every attestation; an edit changes the digest."""

    contract_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    effective_from: date
    sha256: str
    text: bytes = blob()
    file_name: str
    activated_at: datetime = instant()
    batches: int  # sealed when it came into force
    block_ends: list[str] = json_value()  # as planned then, for these; the access log says the same


class AcceptanceRow(SQLModel, table=True):
    """What parties signed about a contract version. Not trusted: the access log names every one by its digest, and each
    is read again whenever something rests on it. May not be lost: without them nothing more is released.
    """

    token_sha256: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    version: int
    rules_sha256: str
    role: str
    organisation: str
    kid: str
    token: str
    at: datetime = instant()


class ProgrammeRow(SQLModel, table=True):
    """Programme files, the newest in force and the earlier ones for replay. Trusted; an edit widens purposes or
    grants, and shows as another digest in every decision that follows.
    """

    contract_id: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    position: int  # 1 for the first that was in force, and so on; the highest is in force
    text: bytes = blob()
    file_name: str
    activated_at: datetime = instant()


class NoticeRow(SQLModel, table=True):
    """What people were told, by version and language. Checked by the digest that the programme names."""

    contract_id: str = Field(primary_key=True)
    notice_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    language: str = Field(primary_key=True)
    sha256: str
    text: bytes = blob()


class Proposal(SQLModel, table=True):
    """Changes of the rules that wait for a second person, and those that were approved. Trusted as far as the
    events of both people; an edit before the approval shows in the digests that the events name.
    """

    id: str = Field(primary_key=True)
    contract_id: str  # empty for the policy set
    files: dict[str, str] = json_value()  # name -> text
    sha256: str
    proposed_by: str
    proposed_at: datetime = instant()
    approved_by: str
    approved_at: datetime | None = optional_instant()


class OpeningRow(SQLModel, table=True):
    """What the parties stated of the windows before the gateway. Not trusted: each time it is read the text must have
    the digest that both of them signed. Whether there must be a row, and what runs in shadow, says the access log.
    """

    contract_id: str = Field(primary_key=True)
    contract_sha256: str  # of the version in force on the day
    windows: list[str] = json_value()  # labels of the stated windows, the last one last
    file_name: str
    text: bytes = blob()
    sha256: str
    signed: list[str] = json_value()  # each party's signature under the text's digest
    by: str
    at: datetime = instant()
