"""Into which partition of a stream an event falls."""

from uuid import UUID

import pytest

from services.kit.ids import new_id
from services.kit.partitions import NUMBERS, SLOTS, known, partitions, slot
from services.kit.settings import Settings

EVENT = "dealtrail.leads.v1.LeadQualified"


def covers(pattern: str, subject: str) -> bool:
    wanted, asked = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        return len(asked) >= len(wanted) and asked[: len(wanted) - 1] == wanted[:-1]
    pairs = zip(wanted, asked, strict=False)
    return len(wanted) == len(asked) and all(want in ("*", token) for want, token in pairs)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_event_is_in_one_partition_and_a_tenants_are_in_the_same(number):
    tenants = [UUID(int=low) for low in range(SLOTS)] + [new_id() for _ in range(50)]
    for tenant in tenants:
        hearing = set()
        for _ in range(3):
            subject = f"{EVENT}.{tenant}.{new_id()}.{slot(tenant)}"
            (one,) = [
                part
                for part in partitions("leads", number)
                if any(covers(pattern, subject) for pattern in part.subjects([EVENT]))
            ]
            hearing.add(one)
        assert len(hearing) == 1


@pytest.mark.parametrize("number", NUMBERS)
def test_an_event_from_before_there_were_slots_is_in_the_first_partition(number):
    subject = f"{EVENT}.{new_id()}.{new_id()}"
    hearing = [
        part for part in partitions("leads", number) for pattern in part.subjects([EVENT]) if covers(pattern, subject)
    ]
    assert [part.index for part in hearing] == [0]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_partitions_are_of_one_size(number):
    sizes = [len(part.subjects([EVENT])) for part in partitions("leads", number)]
    assert max(sizes) - min(sizes) <= 1, "but for what is older than slots"


def test_each_number_of_partitions_has_durables_of_its_own():
    names = known("timeline")
    assert names[:3] == ["timeline", "timeline_2_0", "timeline_2_1"]
    assert len(names) == len(set(names)) == sum(NUMBERS)


def test_a_number_that_does_not_share_evenly_is_refused():
    told = dict.fromkeys(("DATABASE_URL", "RELAY_DATABASE_URL", "NATS_URL", "INTERNAL_KEYS"), "x")
    told |= {"TOKEN_SECRET": "x", "MASTER_KEYS": "x", "CONSUMER_PARTITIONS": "3"}
    with pytest.raises(SystemExit, match="CONSUMER_PARTITIONS is 3"):
        Settings.from_environment({f"DEALTRAIL_{name}": value for name, value in told.items()})
