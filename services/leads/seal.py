"""`python -m services.leads.seal`: seal those who were recorded before there were keys; let all be found."""

from services.kit.backfill import Finding, main
from services.leads.accounts.store import account_terms, contact_sealing, contact_terms
from services.leads.leads.store import sealing, terms
from services.leads.tasks.store import sealing as task_sealing
from services.leads.unmarked import Unmarked

SEALED = (sealing, contact_sealing, task_sealing)
FOUND = (Finding(terms, sealing), Finding(account_terms, None), Finding(contact_terms, contact_sealing), Unmarked())

if __name__ == "__main__":
    main(*SEALED, findings=FOUND)
