"""`python -m services.analytics.seal`: make the sums by month that a version before did not keep.

The chart runs it when the pods of before have ended, after each upgrade.
"""

from services.analytics.deals.store import months as of_deals
from services.analytics.instalments.store import months as of_instalments
from services.analytics.months.operations import Making
from services.kit.backfill import main
from services.kit.sealing import Sealing

SEALED: tuple[Sealing, ...] = ()
FOUND = (Making(of_deals, "deals"), Making(of_instalments, "instalments"))

if __name__ == "__main__":
    main(*SEALED, findings=FOUND)
