"""Record what troubles a customer, and settle it."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.leads.accounts.store import accounts
from services.leads.issues.domain import Issue
from services.leads.issues.store import codec, issues


async def open_issue(tx: Tx, issue: Issue) -> Issue:
    """Record an issue of a customer whom the caller may see. Refused: ACCOUNT_MERGED."""
    account = await accounts.get(tx, issue.account_id)
    account.must_stand()
    await issues.add(tx, issue)
    tx.emit(events.IssueOpened(issue=codec.to_message(issue.told())), issue, seen_as=account)
    return issue


async def close(tx: Tx, issue_id: UUID, settlement: str) -> Issue:
    """Settle an issue. Refused: ISSUE_CLOSED."""
    issue = await issues.locked(tx, issue_id)
    issue.close(settlement, tx.now)
    await issues.save(tx, issue)
    account = await accounts.get(tx, issue.account_id)
    tx.emit(events.IssueClosed(issue=codec.to_message(issue.told())), issue, seen_as=account)
    return issue
