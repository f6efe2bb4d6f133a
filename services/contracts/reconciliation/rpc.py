"""ReconciliationService over gRPC."""

from dealtrail.contracts.v1 import reconciliation_pb2 as pb

from services.contracts.reconciliation import operations
from services.contracts.reconciliation.store import codec
from services.kit.database import Tx


class ReconciliationServicer:
    """See proto/dealtrail/contracts/v1/reconciliation.proto."""

    async def GetReconciliation(self, _: pb.GetReconciliationRequest, tx: Tx) -> pb.Reconciliation:
        differing = [codec.to_message(one) for one in await operations.discrepancies(tx)]
        return pb.Reconciliation(compared=await operations.checked(tx), discrepancies=differing)
