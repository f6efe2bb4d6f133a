"""SearchService over gRPC."""

from dealtrail.leads.v1 import search_pb2 as pb

from services.kit.database import Tx
from services.leads.search import operations
from services.leads.search.domain import Kind
from services.leads.search.store import codec

SIZE = 20


class SearchServicer:
    """See proto/dealtrail/leads/v1/search.proto."""

    async def Search(self, request: pb.SearchRequest, tx: Tx) -> pb.SearchResponse:
        kinds = [Kind[pb.SearchHit.Kind.Name(kind)] for kind in request.kinds] or list(Kind)
        found = await operations.search(tx, request.q, kinds, request.page_size or SIZE)
        return pb.SearchResponse(hits=map(codec.to_message, found))
