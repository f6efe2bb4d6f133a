"""A plan says for each temperature what to do, and when."""

import pytest

from services.leads.nurture_plans.domain import (
    STANDARD,
    Cadence,
    CadenceTwice,
    NurturePlan,
    Touch,
    TouchesOutOfOrder,
)
from services.leads.temperatures.domain import Temperature
from services.timeline.touchpoint_kinds.domain import PRESET

CALL, MAIL = Touch(0, "PHONE"), Touch(3, "EMAIL")


def test_a_plan_has_one_cadence_for_a_temperature():
    cadence = Cadence(Temperature.COLD, (CALL,))
    with pytest.raises(CadenceTwice):
        NurturePlan("P", "p", (cadence, cadence))


def test_the_touches_of_a_cadence_stand_in_the_order_of_their_days():
    with pytest.raises(TouchesOutOfOrder):
        NurturePlan("P", "p", (Cadence(Temperature.COLD, (MAIL, CALL)),))


def test_a_plan_does_nothing_for_a_temperature_that_it_does_not_name():
    plan = NurturePlan("P", "p", (Cadence(Temperature.COLD, (CALL, MAIL)),))
    assert plan.touches(Temperature.COLD) == (CALL, MAIL)
    assert plan.touches(Temperature.HOT) == ()


def test_what_ships_has_a_cadence_for_every_temperature_of_kinds_that_ship():
    shipped = {kind.code: kind.category for kind in PRESET}
    for temperature in Temperature:
        touches = STANDARD.touches(temperature)
        assert touches
        assert all(shipped[touch.kind] == touch.category for touch in touches)
        assert all(touch.script_zh and touch.script_en for touch in touches)
