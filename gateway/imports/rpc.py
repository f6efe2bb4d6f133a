"""OperationsService and ImportFieldsService, served within the gateway: decode, do one operation, encode."""

from datetime import datetime
from uuid import UUID

from dealtrail.imports.v1 import fields_pb2, operations_pb2

from gateway.imports import operations
from gateway.imports.domain import Operation
from gateway.imports.fields import fields_of
from gateway.imports.kinds import kind
from gateway.imports.store import codec, listing
from gateway.imports.store import operations as store
from services.kit.database import Tx


def told(operation: Operation, now: datetime) -> operations_pb2.Operation:
    """An operation as callers see it."""
    message: operations_pb2.Operation = codec.to_message(operation)
    message.errors_url = operation.errors_url(now)
    return message


class OperationsServicer:
    """See proto/dealtrail/imports/v1/operations.proto."""

    async def GetOperation(self, request: operations_pb2.GetOperationRequest, tx: Tx) -> operations_pb2.Operation:
        """One operation."""
        return told(await store.get(tx, UUID(request.id)), tx.now)

    async def ListOperations(
        self, request: operations_pb2.ListOperationsRequest, tx: Tx
    ) -> operations_pb2.ListOperationsResponse:
        """One page."""
        rows, token = await listing.page(tx, request)
        found = [told(codec.from_row(row), tx.now) for row in rows]
        return operations_pb2.ListOperationsResponse(operations=found, next_page_token=token)

    async def CancelOperation(self, request: operations_pb2.CancelOperationRequest, tx: Tx) -> operations_pb2.Operation:
        """Stop one."""
        return told(await operations.cancel(tx, UUID(request.id)), tx.now)


class ImportFieldsServicer:
    """See proto/dealtrail/imports/v1/fields.proto."""

    async def ListImportFields(
        self, request: fields_pb2.ListImportFieldsRequest, tx: Tx
    ) -> fields_pb2.ListImportFieldsResponse:
        """All fields of a kind."""
        del tx  # the contract alone answers
        known = kind(request.kind)
        assert known is not None, "the contract's rule lets no other name through"
        return fields_pb2.ListImportFieldsResponse(
            fields=[
                fields_pb2.ImportField(
                    path=field.path,
                    type=fields_pb2.ImportField.Type.Value(field.type),
                    required=field.required,
                    values=field.values,
                    comment=field.comment,
                )
                for field in fields_of(known).values()
            ]
        )
