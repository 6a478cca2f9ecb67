"""What the demo hospital decided about doses at home: injections of natalizumab, after a checklist of its own."""

from backend.domain.checklists import Asked, Item, Words
from backend.domain.regimens import Route
from backend.services import checklists
from backend.services.context import Context

_ITEMS = (
    ("well", "Ik voel me goed. Ik heb geen koorts en geen infectie.", "I feel well. I have no fever and no infection."),
    (
        "nothing-new",
        "Ik heb geen nieuwe of ergere klachten met denken, praten, zien of bewegen.",
        "I have no new or worse trouble with thinking, speaking, seeing or moving.",
    ),
    ("no-reaction", "Eerdere prikken gaven geen allergische reactie.", "Earlier injections gave no allergic reaction."),
    ("kept-cool", "De spuiten lagen koel en de datum is goed.", "The syringes were kept cool and the date is right."),
    ("not-alone", "Er is iemand bij mij.", "Somebody is with me."),
)
_ADVICE = Words("Is een antwoord nee? Bel eerst de kliniek.", "Is an answer no? Call the clinic first.")


def open_way(ctx: Context) -> None:
    """Let the acting clinician open the way: an invented example, no clinical advice."""
    items = tuple(Item(key, Words(nl, en)) for key, nl, en in _ITEMS)
    checklists.write(ctx, Asked("natalizumab_sc", Route.SC, True, items, _ADVICE))
