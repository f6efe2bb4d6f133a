"""`python -m services.timeline.rebuild`: drop the timeline's projection and build it anew from events."""

from services.kit.aliases import aliases
from services.kit.rebuild import main
from services.timeline.__main__ import subscriptions
from services.timeline.entries.store import entries_table, subjects_table

PROJECTION = (entries_table, subjects_table, aliases)

if __name__ == "__main__":
    main(subscriptions, *PROJECTION)
