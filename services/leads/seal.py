"""`python -m services.leads.seal`: seal the people who were recorded before there were keys."""

from services.kit.backfill import main
from services.leads.accounts.store import contact_sealing
from services.leads.leads.store import sealing

SEALED = (sealing, contact_sealing)

if __name__ == "__main__":
    main(*SEALED)
