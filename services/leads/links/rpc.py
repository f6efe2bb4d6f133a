"""LinksService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import links_pb2 as pb

from services.kit.database import Tx
from services.leads.links import operations
from services.leads.links.domain import Link, rate
from services.leads.links.store import below_listing, codec, links, own_listing


class LinksServicer:
    """See proto/dealtrail/leads/v1/links.proto."""

    async def CreateLink(self, request: pb.CreateLinkRequest, tx: Tx) -> pb.Link:
        return await _told(tx, await operations.of_caller(tx, UUID(request.form_id)))

    async def GetLink(self, request: pb.GetLinkRequest, tx: Tx) -> pb.Link:
        return await _told(tx, await links.get(tx, UUID(request.id)))

    async def ListLinks(self, request: pb.ListLinksRequest, tx: Tx) -> pb.ListLinksResponse:
        rows, token = await (below_listing if request.parent_id else own_listing).page(tx, request)
        found = [codec.from_row(row) for row in rows]
        await operations.add_arrivals(tx, found)
        return pb.ListLinksResponse(links=map(_message, found), next_page_token=token)

    async def CountShare(self, request: pb.CountShareRequest, tx: Tx) -> pb.Link:
        return await _told(tx, await operations.count_share(tx, UUID(request.id)))


async def _told(tx: Tx, link: Link) -> pb.Link:
    await operations.add_arrivals(tx, [link])
    return _message(link)


def _message(link: Link) -> pb.Link:
    message: pb.Link = codec.to_message(link)
    # "yield" is a word of Python's, so that no dataclass can have such a field.
    if (found := rate(link.leads, link.views)) is not None:
        setattr(message, "yield", found)
    return message
