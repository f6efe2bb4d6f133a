"""What people do with the catalogue."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.contracts.v1 import events_pb2 as events
from dealtrail.contracts.v1 import products_pb2 as pb

from services.contracts.outcomes import Outcomes
from services.contracts.products.domain import Product, ProductCodeTaken
from services.contracts.products.store import ALONE, NAMED, codec, products
from services.kit.database import Tx


async def by_name(tx: Tx, names: Iterable[str]) -> dict[str, Product]:
    """The products that these codes and aliases name, by each of their names."""
    wanted = sorted(set(names) - {""})
    if not wanted:
        return {}
    found = [codec.from_row(row) for row in await tx.fetch(NAMED, names=wanted)]
    return {name: product for product in found for name in product.names()}


async def create(tx: Tx, product: Product) -> Product:
    """Add a product, or answer the one of that id. Refused: PRODUCT_CODE_TAKEN."""
    outcomes = await create_new(tx, [product])
    for problem in outcomes.refused.values():
        raise problem
    return product if outcomes.created else await products.get(tx, product.id)


async def create_new(tx: Tx, batch: Iterable[Product]) -> Outcomes:
    """Add those whose id is not known yet and whose names name nothing else."""
    items = list(batch)
    await tx.fetch_value(ALONE, tenant=str(tx.principal.tenant_id))
    taken = {name: one.id for name, one in (await by_name(tx, (n for p in items for n in p.names()))).items()}
    outcomes, free = Outcomes(), []
    for product in items:
        if clash := [name for name in sorted(product.names()) if taken.get(name, product.id) != product.id]:
            outcomes.refused[product.id] = ProductCodeTaken(name=clash[0])
        else:
            taken |= dict.fromkeys(product.names(), product.id)
            free.append(product)
    outcomes.created = await products.add_new(tx, free)
    for product in free:
        if product.id in outcomes.created:
            _say_set(tx, product)
    return outcomes


async def update(tx: Tx, request: pb.UpdateProductRequest) -> Product:
    """Set the fields that the request gives. Refused: PRODUCT_CODE_TAKEN."""
    await tx.fetch_value(ALONE, tenant=str(tx.principal.tenant_id))
    product = await products.locked(tx, UUID(request.id))
    for name in ("code", "name", "category", "active"):
        if request.HasField(name):
            setattr(product, name, getattr(request, name))
    if request.HasField("list_price"):
        product.list_price = codec.from_message(pb.Product(list_price=request.list_price, id=request.id)).list_price
    if request.aliases:
        product.aliases = list(request.aliases)
    others = await by_name(tx, product.names())
    if clash := [name for name in sorted(product.names()) if name in others and others[name].id != product.id]:
        raise ProductCodeTaken(name=clash[0])
    await products.save(tx, product)
    _say_set(tx, product)
    return product


def _say_set(tx: Tx, product: Product) -> None:
    tx.emit(events.ProductSet(product=codec.to_message(product)), product)
