"""ActivityService over gRPC."""

from dealtrail.leads.v1 import activity_pb2 as pb

from services.kit.database import Tx
from services.leads.activity import operations
from services.leads.activity.store import codec


class ActivityServicer:
    """See proto/dealtrail/leads/v1/activity.proto."""

    async def ListNeglectedAccounts(
        self, request: pb.ListNeglectedAccountsRequest, tx: Tx
    ) -> pb.ListNeglectedAccountsResponse:
        found, total, token = await operations.neglected(
            tx, request.days, request.owner_id, request.page_size, request.page_token
        )
        shown = map(codec.to_message, found)
        return pb.ListNeglectedAccountsResponse(accounts=shown, total=total, next_page_token=token)
