"""What an act needs to know: the session, who acts, when, in which request, and the installation's settings."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain.permissions import Role
from backend.settings import Settings
from backend.storage.digests import Digest
from backend.storage.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a patient or a member of staff, with the session they act in. Exactly one of the ids is set.

    `study_id` is set for a script with a key: it acts for who made the key, on that study alone.
    """

    role: Role
    session_id: UUID | None = None
    patient_id: UUID | None = None
    staff_id: UUID | None = None
    site_id: UUID | None = None
    study_id: UUID | None = None

    @property
    def id(self) -> UUID | None:
        """The id of the person."""
        return self.patient_id or self.staff_id


@dataclass(frozen=True, slots=True)
class Context:
    """One act's surroundings. `actor` is None before somebody has said who they are.

    What is gathered on the way is written when the act commits: its events in `trail`, and in `touched`, by patient,
    the records whose change goes into the feed. Where `postponed` is a set, reminders are not planned anew on the way:
    it gathers whose, for whoever does many things at once and plans at the end. `digests` gathers what a reading act
    came by and others may read in place of all it was made from.
    """

    session: Session
    actor: Actor | None
    now: datetime
    request_id: str
    sealer: Sealer
    settings: Settings
    trail: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[UUID, set[tuple[str, UUID]]] = field(default_factory=dict)
    postponed: set[UUID] | None = None
    digests: list[Digest] = field(default_factory=list)

    @property
    def who(self) -> Actor:
        """The actor; ValueError where there is none, which the edge rules out."""
        if self.actor is None:
            raise ValueError("nobody acts")
        return self.actor
