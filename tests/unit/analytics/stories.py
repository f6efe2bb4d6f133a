"""What deals may go through, made up: stages of one process, days of a few years, and each step as it is told."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st

from services.analytics.deals.domain import LOST, OPEN, WON, Deal, Step

STAGES = (("PROSPECT", 14), ("PROPOSE", 30), ("NEGOTIATE", 0), ("SIGN", 7))
FIRST = date(2023, 12, 20)
people = [(UUID(int=n), UUID(int=100 + n % 2)) for n in range(1, 4)]
days = st.integers(0, 500).map(lambda n: FIRST + timedelta(days=n))


def told(identity, version, day, place, state=OPEN, owner=people[0], amount=Decimal(100), opened=None, steps=()):
    """A deal as an event of that version tells it."""
    return Deal(
        id=identity,
        name=f"deal {identity.int}",
        owner_id=owner[0],
        team_id=owner[1],
        account_id=None,
        process="B2B",
        stage=STAGES[place][0],
        state=state,
        product="",
        amount=amount,
        currency="CNY",
        open_day=opened or day,
        close_day=None if state == OPEN else day,
        version=version,
        change_time=datetime(day.year, day.month, day.day, tzinfo=UTC),
        steps=steps,
    )


@st.composite
def deal_stories(draw):
    """Everything that is told of one deal, in the order in which it happened."""
    name = draw(st.uuids())
    opened = day = draw(days)
    place, owner, amount = draw(st.integers(0, 3)), draw(st.sampled_from(people)), Decimal(draw(st.integers(0, 900)))
    story = [_step(name, 1, day, place, "", owner, amount, opened)]
    for version in range(2, draw(st.integers(2, 8))):
        day += timedelta(days=draw(st.sampled_from((0, 0, 1, 5, 40, 130))))
        deed = draw(st.sampled_from(("move", "move", "move", "assign", "amount", "close")))
        if deed == "close":
            story.append(_step(name, version, day, place, draw(st.sampled_from((WON, LOST))), owner, amount, opened))
            break
        if deed == "move":
            place = draw(st.sampled_from([other for other in range(4) if other != place]))
            story.append(_step(name, version, day, place, "", owner, amount, opened))
            continue
        owner = draw(st.sampled_from(people)) if deed == "assign" else owner
        amount = Decimal(draw(st.integers(0, 900))) if deed == "amount" else amount
        story.append(told(name, version, day, place, OPEN, owner, amount, opened))
    return story


def _step(name, version, day, place, outcome, owner, amount, opened):
    stage, expected = STAGES[place]
    step = Step(version, day, stage, place, expected, outcome)
    return told(name, version, day, place, outcome or OPEN, owner, amount, opened, (step,))


@st.composite
def shuffled(draw, story):
    """A story in another order, parts of it told more than once."""
    again = draw(st.lists(st.sampled_from(story), max_size=4)) if story else []
    return draw(st.permutations([*story, *again]))
