"""The tables of this service are declared on one MetaData, feature by feature."""

from sqlalchemy import MetaData

metadata = MetaData()
