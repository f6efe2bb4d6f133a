"""TouchpointKindsService over gRPC."""

from dealtrail.timeline.v1 import touchpoint_kinds_pb2 as pb

from services.kit.database import Tx
from services.timeline.touchpoint_kinds import operations
from services.timeline.touchpoint_kinds.domain import Category
from services.timeline.touchpoint_kinds.store import codec

ORDER = list(Category)


class TouchpointKindsServicer:
    """See proto/dealtrail/timeline/v1/touchpoint_kinds.proto."""

    async def ListTouchpointKinds(
        self, request: pb.ListTouchpointKindsRequest, tx: Tx
    ) -> pb.ListTouchpointKindsResponse:
        found = (await operations.catalogue(tx)).values()
        kinds = [
            codec.to_message(kind) for kind in sorted(found, key=lambda one: (ORDER.index(one.category), one.code))
        ]
        chosen = [kind for kind in kinds if request.category in (0, kind.category)]
        return pb.ListTouchpointKindsResponse(kinds=chosen)

    async def SetTouchpointKind(self, request: pb.SetTouchpointKindRequest, tx: Tx) -> pb.TouchpointKind:
        kind = codec.from_message(request)
        kind.label_zh, kind.label_en = kind.label_zh.strip(), kind.label_en.strip() or kind.code
        return codec.to_message(await operations.set_kind(tx, kind))
