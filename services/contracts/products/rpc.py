"""ProductsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.contracts.v1 import products_pb2 as pb

from services.contracts.money import from_message
from services.contracts.products import operations
from services.contracts.products.domain import Product
from services.contracts.products.store import codec, listing, products
from services.kit.batch import Batch
from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply


class ProductsServicer:
    """See proto/dealtrail/contracts/v1/products.proto."""

    async def CreateProduct(self, request: pb.CreateProductRequest, tx: Tx) -> pb.Product:
        return codec.to_message(await operations.create(tx, await _product(tx, request)))

    async def BatchCreateProducts(
        self, request: pb.BatchCreateProductsRequest, tx: Tx
    ) -> pb.BatchCreateProductsResponse:
        batch = await Batch.read(request.products, lambda item: _product(tx, item))
        if not request.validate_only:
            (await operations.create_new(tx, batch.accepted)).tell(batch)
        return pb.BatchCreateProductsResponse(results=batch.results)

    async def GetProduct(self, request: pb.GetProductRequest, tx: Tx) -> RowReply[pb.Product]:
        return codec.reply(await products.row(tx, UUID(request.id)))

    async def ListProducts(self, request: pb.ListProductsRequest, tx: Tx) -> PageReply[pb.ListProductsResponse]:
        return await listing.reply(tx, request, pb.ListProductsResponse, codec)

    async def UpdateProduct(self, request: pb.UpdateProductRequest, tx: Tx) -> pb.Product:
        return codec.to_message(await operations.update(tx, request))


async def _product(tx: Tx, request: pb.CreateProductRequest) -> Product:
    return Product(
        id=UUID(request.id) if request.id else new_id(),
        code=request.code,
        name=request.name.strip() or request.code,
        category=request.category.strip(),
        list_price=from_message(request.list_price) if request.HasField("list_price") else None,
        aliases=list(request.aliases),
        create_time=tx.now,
        update_time=tx.now,
    )
