"""A merge of leads that is undone leaves both as they were, and loses nothing while it stands."""

from copy import deepcopy
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.kit.errors import Refused
from services.leads.lead_merges.domain import (
    CONTACT,
    TAKEN,
    LeadMerge,
    SameLead,
    conflicts,
    joining,
    one_person,
    what_changes,
)
from services.leads.leads.domain import NOBODY, Lead, Status

NOW = datetime(2026, 11, 22, tzinfo=UTC)
USERS = [UUID(int=number) for number in range(1, 5)]
HELD = ("company", "uscc", "channel", "campaign", *CONTACT)
CODE = "91310000MA1FL1XY6Q"
names = st.sampled_from(["", "王芳", "王 芳", "李雷"])
phones = st.sampled_from(["", "13800138000", "138 0013 8000", "13900139000"])
texts = st.sampled_from(["", "Google", "展会"])
attributes = st.dictionaries(st.sampled_from(["region", "product", "size"]), st.sampled_from(["", "华东", "华南"]))
owners = st.lists(st.sampled_from(USERS), unique=True, max_size=3)


@st.composite
def leads(draw):
    return Lead(
        id=uuid4(),
        company=draw(st.sampled_from(["云杉科技", "云杉"])),
        owner_id=draw(st.sampled_from(USERS)),
        team_id=None,
        create_time=NOW,
        update_time=NOW,
        contact_name=draw(names),
        phone=draw(phones),
        email=draw(st.sampled_from(["", "fang@yunshan.cn", "Fang@Yunshan.cn"])),
        channel=draw(texts),
        campaign=draw(texts),
        attributes=draw(attributes),
        status=draw(st.sampled_from([Status.NEW, Status.QUALIFIED])),
        uscc=draw(st.sampled_from(["", CODE])),
        collaborators=draw(owners),
    )


takes = st.lists(st.sampled_from(TAKEN), unique=True)


def merged(duplicate, survivor, take=(), others=()):
    done = LeadMerge(uuid4(), survivor.id, duplicate.id, "同一家公司", USERS[0], NOW, NOW)
    done.unite(duplicate, survivor, take, others)
    return done


def apart(survivor):
    """Order of collaborators tells nothing."""
    survivor.collaborators = sorted(survivor.collaborators)
    return survivor


@given(leads(), leads(), takes)
def test_a_merge_that_is_undone_leaves_both_as_they_were(duplicate, survivor, take):
    before = deepcopy((duplicate, apart(survivor)))
    done = merged(duplicate, survivor, take)
    assert (duplicate.status, duplicate.merged_into) == (Status.MERGED, survivor.id)
    done.part(duplicate, survivor, ())
    assert (duplicate, apart(survivor)) == before


@given(leads(), leads(), leads(), takes, takes)
def test_merges_into_one_survivor_are_undone_in_the_order_of_their_end(first, second, survivor, take, again):
    before = deepcopy((first, second, apart(survivor)))
    one = merged(first, survivor, take)
    two = merged(second, survivor, again, [one])
    two.part(second, survivor, [one])
    one.part(first, survivor, [])
    assert (first, second, apart(survivor)) == before


@given(leads(), leads(), takes)
def test_no_field_is_lost(duplicate, survivor, take):
    was, theirs = deepcopy(survivor), deepcopy(duplicate)
    done = merged(duplicate, survivor, take)
    for name in HELD:
        assert getattr(duplicate, name) == getattr(theirs, name)
        kept, ours = getattr(survivor, name), getattr(was, name)
        assert kept == (getattr(theirs, name) if name in done.changes else ours)
        if name not in CONTACT:
            assert bool(kept) == bool(ours or getattr(theirs, name))
    assert survivor.attributes.keys() == was.attributes.keys() | theirs.attributes.keys()
    assert {*was.collaborators, theirs.owner_id, *theirs.collaborators} <= {
        *survivor.collaborators,
        survivor.owner_id,
        was.owner_id,
    }


@given(leads(), leads(), takes)
def test_of_two_persons_never_a_part_of_each_is_kept(duplicate, survivor, take):
    theirs, ours = ([getattr(one, name) for name in CONTACT] for one in (duplicate, survivor))
    alike = one_person(duplicate, survivor)
    merged(duplicate, survivor, take)
    kept = [getattr(survivor, name) for name in CONTACT]
    if not alike:
        assert kept in (theirs, ours)
    else:
        assert all(one in (his, hers) for one, his, hers in zip(kept, theirs, ours, strict=True))


@given(leads(), leads())
def test_what_is_not_taken_is_as_the_preview_says_and_takes_nothing_that_the_survivor_has(duplicate, survivor):
    foreseen, before = what_changes(duplicate, survivor), deepcopy(survivor)
    assert merged(duplicate, survivor).changes == foreseen
    assert not any(getattr(before, name, "") for name in foreseen)
    assert all(name.removeprefix("attributes.") not in before.attributes for name in foreseen)
    assert set(conflicts(duplicate, before)) <= set(TAKEN)


@given(leads(), leads(), takes)
def test_what_somebody_has_changed_since_stays_when_a_merge_is_undone(duplicate, survivor, take):
    done = merged(duplicate, survivor, take)
    survivor.change(phone="021 6888 8888", channel="转介绍")
    done.part(duplicate, survivor, ())
    assert (survivor.phone, survivor.channel) == ("021 6888 8888", "转介绍")


@given(leads(), leads())
def test_a_survivor_that_was_converted_stays_as_it_was_converted(duplicate, survivor):
    done = merged(duplicate, survivor)
    survivor.status = Status.CONVERTED
    before = deepcopy(survivor)
    done.part(duplicate, survivor, ())
    assert (survivor, duplicate.merged_into) == (before, None)


@given(leads(), leads())
def test_nobody_joins_twice_nor_the_owner_nor_the_pool(duplicate, survivor):
    duplicate.owner_id = NOBODY
    found = joining(duplicate, survivor, ())
    assert len(set(found)) == len(found)
    assert not {NOBODY, survivor.owner_id, *survivor.collaborators} & set(found)


def a_lead(**fields):
    given_fields = {"company": "云杉", "owner_id": USERS[0], "team_id": None, "create_time": NOW, "update_time": NOW}
    return Lead(**({"id": uuid4()} | given_fields | fields))


@pytest.mark.parametrize(
    ("reason", "fields"),
    [
        ("LEAD_NOT_OPEN", {"status": Status.CONVERTED}),
        ("LEAD_NOT_OPEN", {"status": Status.DISCARDED}),
        ("LEAD_MERGED", {"status": Status.MERGED, "merged_into": uuid4()}),
        ("LEAD_ERASED", {"erase_time": NOW}),
        ("LEAD_EXCLUSIVE", {"exclusive": True}),
        ("DISCARD_PENDING", {"discard_request": "NO_NEED"}),
    ],
)
def test_what_is_not_simply_open_is_not_merged(reason, fields):
    for both in ((a_lead(**fields), a_lead()), (a_lead(), a_lead(**fields))):
        with pytest.raises(Refused) as refused:
            merged(*both)
        assert refused.value.reason == reason


def test_a_lead_is_merged_into_another_that_is_worked_and_of_the_same_company():
    same = a_lead()
    with pytest.raises(SameLead):
        merged(same, same)
    for fields in ({"owner_id": NOBODY}, {"collision_id": uuid4()}):
        merged(a_lead(**fields), a_lead())
        with pytest.raises(Refused):
            merged(a_lead(), a_lead(**fields))
    with pytest.raises(Refused):
        merged(a_lead(uscc=CODE), a_lead(uscc="91330000MA27X12345"))


@given(leads(), leads(), leads())
def test_a_chain_is_undone_from_its_end(first, second, third):
    assume(first.id != third.id)
    one = merged(first, second)
    two = merged(second, third)
    with pytest.raises(Refused) as refused:
        one.part(first, second, ())
    assert refused.value.reason == "LEAD_MERGED"
    two.part(second, third, ())
    one.part(first, second, ())
    assert first.merged_into is None
