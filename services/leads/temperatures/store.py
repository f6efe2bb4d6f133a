"""Changes of temperature in PostgreSQL. Why is sealed under the key of the lead's person, and goes with it."""

from dealtrail.leads.v1 import temperatures_pb2 as pb
from sqlalchemy import Text
from sqlalchemy.schema import Column

from services.kit.codec import Codec
from services.kit.pages import Listing
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import insert_row
from services.kit.tables import tenant_table, text_column, time_column, uuid_column
from services.leads.leads.store import under_lead, with_lead
from services.leads.metadata import metadata
from services.leads.temperatures.domain import TemperatureChange

table = tenant_table(
    "temperature_changes",
    metadata,
    uuid_column(),
    uuid_column("lead_id"),
    text_column("temperature"),
    Column("from_temperature", Text),
    text_column("why"),
    sealed_column(),
    uuid_column("changed_by"),
    time_column("create_time"),
)
codec = Codec(TemperatureChange, pb.TemperatureChange)
sealing = Sealing(table, ("why",), key="lead_id")
ADD = insert_row(table)
listing = Listing(
    table,
    filters={},
    within=under_lead(table),
    sight=with_lead(table),
    sealing=sealing,
)
