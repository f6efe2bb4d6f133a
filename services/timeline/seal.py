"""`python -m services.timeline.seal`: seal the texts that were written before there were keys."""

from services.kit.backfill import main
from services.timeline.touchpoints.store import former_sealing, sealing

SEALED = (sealing, former_sealing)
FOUND = ()

if __name__ == "__main__":
    main(*SEALED)
