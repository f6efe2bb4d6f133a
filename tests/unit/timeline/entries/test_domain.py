"""What is known of a subject, where an entry stands, and what it says."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.timeline.entries.domain import (
    About,
    Category,
    Entry,
    Sight,
    Subject,
    Visibility,
    changed,
    describe,
)

DAWN = datetime(2026, 1, 1, tzinfo=UTC)
LEAD, ACCOUNT, DEAL, ANN, BOB, TEAM = (UUID(int=number) for number in range(1, 7))


@st.composite
def tellings(draw):
    """What events may say of one lead: versions rise with time, links are set once, hearsay has version 0."""
    converted_at = draw(st.integers(1, 6))
    told = []
    for version in range(1, draw(st.integers(2, 7))):
        links = (ACCOUNT, DEAL) if version >= converted_at else (None, None)
        sight = Sight(draw(st.sampled_from([ANN, BOB])), TEAM)
        told.append(Subject(LEAD, About.LEAD, *links, sight, version, DAWN + timedelta(hours=version)))
    for minute in draw(st.lists(st.integers(0, 600), unique=True, max_size=3)):
        sight = draw(st.sampled_from([Sight(ANN, None), Sight(BOB, None), None]))
        told.append(Subject(LEAD, About.LEAD, None, None, sight, 0, DAWN + timedelta(minutes=minute)))
    return told


@given(tellings(), st.data())
def test_what_is_known_of_a_subject_does_not_depend_on_the_order_of_telling(told, data):
    arrived = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told)))))
    in_order, as_arrived = Subject(LEAD, About.LEAD), Subject(LEAD, About.LEAD)
    for news in sorted(told, key=lambda one: (one.version, one.told_time)):
        in_order.learn(news)
    for news in arrived:
        as_arrived.learn(news)
    assert as_arrived == in_order


def entry(**fields):
    return Entry(
        **({"id": UUID(int=9), "kind": "PHONE", "category": Category.COMMUNICATION, "occurred_time": DAWN} | fields),
        recorded_time=DAWN,
        actor_id=BOB,
    )


def test_an_entry_of_a_converted_lead_is_seen_as_its_deal_is():
    lead = Subject(LEAD, About.LEAD, ACCOUNT, DEAL, Sight(ANN, TEAM), 3)
    deal = Subject(DEAL, About.DEAL, ACCOUNT, DEAL, Sight(BOB, None, (ANN,)), 1)
    placed = entry()
    placed.place(lead, deal)
    assert (placed.account_id, placed.lead_id, placed.deal_id, placed.seen_as) == (ACCOUNT, LEAD, DEAL, DEAL)
    assert (placed.owner_id, placed.team_id, placed.collaborators) == (BOB, None, [ANN])


def test_a_deal_of_which_nobody_told_yet_leaves_its_lead_in_sight():
    lead = Subject(LEAD, About.LEAD, ACCOUNT, DEAL, Sight(ANN, TEAM), 3)
    placed = entry()
    placed.place(lead, Subject(DEAL, About.DEAL))
    assert (placed.seen_as, placed.owner_id) == (DEAL, ANN)


def test_a_private_entry_is_its_authors_whoever_owns_the_subject():
    placed = entry(visibility=Visibility.PRIVATE)
    account = Subject(ACCOUNT, About.ACCOUNT, ACCOUNT, None, Sight(ANN, TEAM, (BOB,)), 3)
    placed.place(account, account)
    assert (placed.owner_id, placed.team_id, placed.collaborators) == (BOB, None, [])


def test_a_sentence_leaves_out_what_is_not_known():
    assert changed("LEAD_CAPTURED", {"channel": "展会"}) == ("获得线索，渠道 展会", "Lead captured by 展会")
    assert changed("LEAD_CAPTURED", {}) == ("获得线索", "Lead captured")
    won = {"amount": "500.00", "currency": "CNY"}
    assert changed("DEAL_WON", won) == ("赢单，金额 500.00 CNY", "Deal won, 500.00 CNY")
    assert changed("DEAL_WON", {"amount": "500.00"}) == ("赢单", "Deal won")


def test_a_kind_that_this_version_does_not_know_is_shown_by_its_code():
    assert changed("MOON_LANDING", {}) == ("MOON_LANDING", "MOON_LANDING")


def test_a_label_is_text_and_never_a_template():
    assert describe(("[{direction}]", "{x}"), {"durationS": "9"}) == ("[{direction}]，9 秒", "{x}, 9 s")
