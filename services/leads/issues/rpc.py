"""IssuesService over gRPC."""

from uuid import UUID

from dealtrail.leads.v1 import issues_pb2 as pb

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.days import day
from services.leads.issues import operations
from services.leads.issues.domain import Issue
from services.leads.issues.store import codec, issues, listing


class IssuesServicer:
    """See proto/dealtrail/leads/v1/issues.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def OpenIssue(self, request: pb.OpenIssueRequest, tx: Tx) -> pb.Issue:
        owner = await self._directory.owner(tx, request.owner_id)
        issue = Issue(
            id=new_id(),
            account_id=UUID(request.account_id),
            title=request.title.strip(),
            core=request.core,
            owner_id=owner.user_id,
            due_date=day("due_date", request.due_date) if request.due_date else None,
            create_time=tx.now,
            update_time=tx.now,
        )
        return codec.to_message(await operations.open_issue(tx, issue))

    async def GetIssue(self, request: pb.GetIssueRequest, tx: Tx) -> RowReply[pb.Issue]:
        return codec.reply(await issues.row(tx, UUID(request.id)))

    async def ListIssues(self, request: pb.ListIssuesRequest, tx: Tx) -> PageReply[pb.ListIssuesResponse]:
        return await listing.reply(tx, request, pb.ListIssuesResponse, codec)

    async def CloseIssue(self, request: pb.CloseIssueRequest, tx: Tx) -> pb.Issue:
        return codec.to_message(await operations.close(tx, UUID(request.id), request.settlement.strip()))
