"""What the access log tells of the release cycle, from a dry run to a bundle that is handed out."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class ReleaseChecked(Event):
    """A dry run: allowed, and nothing was looked at or drafted."""

    kind = "release_checked"

    contract: str
    window: str
    template: str
    recipient: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseAsked(Event):
    """A recipient asked from outside for what was not released yet: nothing was evaluated, and the ask is kept."""

    kind = "release_asked"

    contract: str
    window: str
    template: str
    recipient: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseIntended(Event):
    kind = "release_intended"
    contract: str
    window: str
    template: str
    recipient: str
    release: str
    draft_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseResumed(Event):
    """An interrupted release is taken up again, under a fresh decision."""

    kind = "release_resumed"

    release: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseIssued(Event):
    kind = "release_issued"
    contract: str
    window: str
    template: str
    recipient: str
    release: str
    jwt_sha256: str
    log: str
    leaf_index: int
    decision: str  # the signer's own, made in the transaction that signed
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class CorrectionDecided(Event):
    """A window's figures were wrong: these releases are superseded. `reason` is one of a closed list."""

    kind = "correction_decided"

    contract: str
    window: str
    reason: str
    releases: list[str]


@dataclass(frozen=True, slots=True)
class CorrectionResumed(Event):
    """A correction that was interrupted is taken up again; each of its attestations is asked about anew."""

    kind = "correction_resumed"

    contract: str
    window: str


@dataclass(frozen=True, slots=True)
class ReleaseSuperseded(Event):
    kind = "release_superseded"
    release: str
    successor: str


@dataclass(frozen=True, slots=True)
class BundleHandedOut(Event):
    kind = "bundle_handed_out"
    release: str
    to: str
