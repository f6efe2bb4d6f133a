"""Entries and their subjects in PostgreSQL: many at once, whoever else writes at the same moment."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from dealtrail.timeline.v1 import entries_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, insert

from services.kit import aliases
from services.kit.aliases import merged_from_column
from services.kit.codec import Codec, from_timestamp
from services.kit.pages import Filter, Listing, by_enum, by_id
from services.kit.sql import Query, Variants, column_values, given_rows, insert_new_rows
from services.kit.tables import (
    exclusive_column,
    json_column,
    owner_teams,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.kit.visibility import ALL, EVERYTHING, Part, in_sight, in_sight_apart
from services.timeline.entries.domain import About, Entry, Sight, Subject, Visibility
from services.timeline.metadata import metadata


def _seen_by() -> tuple[Column[Any], ...]:
    """Owner columns of rows whose owner may not be known yet."""
    return (
        uuid_column("owner_id", True),
        uuid_column("team_id", True),
        Column("collaborators", ARRAY(Uuid), nullable=False),
        exclusive_column(),
    )


entries_table = tenant_table(
    "entries",
    metadata,
    uuid_column(),
    text_column("kind"),
    text_column("category"),
    time_column("occurred_time"),
    time_column("recorded_time"),
    uuid_column("actor_id"),
    json_column("facts"),
    text_column("visibility"),
    *(uuid_column(name, nullable=True) for name in ("account_id", "lead_id", "deal_id", "contract_id")),
    merged_from_column(),
    uuid_column("seen_as"),
    *_seen_by(),
    Column("version", BigInteger, nullable=False),
)
subjects_table = tenant_table(
    "subjects",
    metadata,
    uuid_column(),
    text_column("about"),
    uuid_column("account_id", nullable=True),
    uuid_column("deal_id", nullable=True),
    *_seen_by(),
    Column("version", BigInteger, nullable=False),
    time_column("told_time"),
)
_standings = Table(
    "standings",
    MetaData(),
    *(uuid_column(name) for name in ("id", "account_id", "merged_from", "deal_id", "seen_as")),
    *_seen_by(),
)


def in_entry_sight(how_far: str) -> ColumnElement[bool]:
    """Entries that exist for the caller: a private one for its author, and for the boss."""
    seen = in_sight(entries_table, how_far)
    if how_far in (ALL, EVERYTHING):
        return seen
    normal = entries_table.c.visibility == Visibility.NORMAL.value
    return seen & or_(normal, entries_table.c.owner_id == bindparam("me", type_=Uuid))


def _in_parts(how_far: str) -> tuple[Part, ...]:
    """The same in parts: in the long timeline of an account somebody may see a little only."""
    own_or_all, *others = in_sight_apart(entries_table, how_far)
    normal = entries_table.c.visibility == Visibility.NORMAL.value
    return own_or_all, *(part._replace(condition=part.condition & normal) for part in others)


_lead_id = array([bindparam("lead_id", type_=Uuid)])
_of_leads: ColumnElement[bool] = entries_table.c.lead_id == any_(aliases.family(_lead_id))
"""Entries of a lead, and of what was merged into it: each keeps the lead that it tells of."""
codec = Codec(Entry, pb.Entry)
listing = Listing(
    entries_table,
    filters={
        "account_id": by_id(entries_table.c.account_id),
        "lead_id": Filter(_of_leads, UUID),
        "deal_id": by_id(entries_table.c.deal_id),
        "as_of": Filter(entries_table.c.occurred_time <= bindparam("as_of"), from_timestamp),
        "kinds": Filter(entries_table.c.kind == any_(bindparam("kinds", type_=ARRAY(Text))), list),
        "category": by_enum(entries_table.c.category, pb.Entry.Category),
    },
    orders=("occurred_time desc",),
    apart=_in_parts,
)

_put = insert(entries_table).from_select([c.name for c in entries_table.columns], given_rows(entries_table))
PUT = Query(
    _put.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={c.name: _put.excluded[c.name] for c in entries_table.columns if not c.primary_key},
        where=entries_table.c.version < _put.excluded.version,
    ),
    "put entries",
)
MENTION = insert_new_rows(subjects_table)
_mine = subjects_table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
_ids = bindparam("ids", type_=ARRAY(Uuid))
HOLD = Query(
    # In the order of ids, so that two transactions never wait for each other in a circle.
    select(subjects_table)
    .where(_mine, subjects_table.c.id == any_(_ids))
    .order_by(subjects_table.c.id)
    .with_for_update(),
    "hold subjects",
)
HOLD_OWNED = Query(
    select(subjects_table)
    .where(_mine, subjects_table.c.owner_id == bindparam("owner", type_=Uuid))
    .order_by(subjects_table.c.id)
    .with_for_update(),
    "hold subjects of an owner",
)
KNOWN = Variants(
    lambda how_far: select(subjects_table).where(subjects_table.c.id == any_(_ids), in_sight(subjects_table, how_far))
)
_told = given_rows(subjects_table).subquery()
SAVE = Query(
    update(subjects_table)
    .where(subjects_table.c.tenant_id == _told.c.tenant_id, subjects_table.c.id == _told.c.id)
    .values({c.name: _told.c[c.name] for c in subjects_table.columns if not c.primary_key}),
    "save subjects",
)
_now = given_rows(_standings).subquery()
_sighted = (entries_table.c.visibility == Visibility.NORMAL.value) & _now.c.owner_id.is_not(None)
_seen_now = {
    name: case((_sighted, _now.c[name]), else_=entries_table.c[name])
    for name in ("owner_id", "team_id", "collaborators", "exclusive")
}
_of_tenant = entries_table.c.tenant_id == bindparam("tenant_id", type_=Uuid)
MOVE = Query(
    update(entries_table)
    .where(_of_tenant, entries_table.c.seen_as == _now.c.id)
    .values(
        seen_as=_now.c.seen_as,
        account_id=func.coalesce(entries_table.c.account_id, _now.c.account_id),
        merged_from=case((entries_table.c.account_id.is_(None), _now.c.merged_from), else_=entries_table.c.merged_from),
        deal_id=func.coalesce(_now.c.deal_id, entries_table.c.deal_id),
        **_seen_now,
    ),
    "move entries",
)
FOLLOW_LEAD = Query(
    update(entries_table)
    .where(_of_tenant, _of_leads)
    .values(**{name: _now.c[name] for name in ("seen_as", "account_id", "merged_from", "deal_id")}, **_seen_now),
    "follow lead",
)
"""What a lead's entries stand under and are seen as is all that of the one lead that there is now."""
_account_alone = and_(*(entries_table.c[name].is_(None) for name in ("lead_id", "deal_id", "contract_id")))
FOLLOW = aliases.follow(
    entries_table,
    "account_id",
    seen_as=case(
        (_account_alone, aliases.root(func.coalesce(entries_table.c.merged_from, entries_table.c.account_id))),
        else_=entries_table.c.seen_as,
    ),
)
"""What was told of the account alone is seen by whoever sees the account that there is."""
TEAMS = Query(
    select(owner_teams.c.user_id, owner_teams.c.team_id).where(
        owner_teams.c.tenant_id == bindparam("tenant_id"), owner_teams.c.user_id == any_(_ids)
    )
)


def to_subject(row: Any) -> Subject:
    """The subject of a row."""
    owner = row["owner_id"]
    sight = Sight(owner, row["team_id"], tuple(row["collaborators"]), row["exclusive"]) if owner else None
    about = About(row["about"])
    return Subject(row["id"], about, row["account_id"], row["deal_id"], sight, row["version"], row["told_time"])


def subject_values(tenant_id: Any, subjects: Iterable[Subject]) -> dict[str, list[Any]]:
    """The columns of subjects, in the order of ids."""
    rows = [
        {
            "tenant_id": tenant_id,
            "id": one.id,
            "about": one.about,
            "account_id": one.account_id,
            "deal_id": one.deal_id,
            **_sight(one.sight),
            "version": one.version,
            "told_time": one.told_time,
        }
        for one in sorted(subjects, key=lambda subject: subject.id)
    ]
    return column_values(subjects_table, rows)


def entry_values(tenant_id: Any, entries: Iterable[Entry]) -> dict[str, list[Any]]:
    """The columns of entries."""
    return column_values(entries_table, [{"tenant_id": tenant_id} | codec.to_row(entry) for entry in entries])


def standing_values(standings: Iterable[tuple[Subject, Sight | None]]) -> dict[str, list[Any]]:
    """The columns of what entries take over from their subjects, each with the sight that decides."""
    rows = [
        {
            "id": one.id,
            "account_id": one.shown_account_id or one.account_id,
            "merged_from": one.account_id if one.shown_account_id else None,
            "deal_id": one.deal_id,
            "seen_as": one.seen_as,
            **_sight(sight),
        }
        for one, sight in standings
    ]
    return column_values(_standings, rows)


def _sight(sight: Sight | None) -> dict[str, Any]:
    if sight is None:
        return {"owner_id": None, "team_id": None, "collaborators": (), "exclusive": False}
    return {name: getattr(sight, name) for name in ("owner_id", "team_id", "collaborators", "exclusive")}
