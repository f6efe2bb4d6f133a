"""A process orders its stages."""

import pytest

from services.opportunities.processes.domain import B2B, NoNextStage, Process, Stage, StageTwice, UnknownStage


def test_a_stage_is_found_by_its_code_and_the_first_one_without():
    assert B2B.stage("").code == "CONTACT"
    assert B2B.stage("SIGNING").label == "合同审批"
    assert [B2B.place(stage.code) for stage in B2B.stages] == [0, 1, 2, 3, 4, 5]


def test_a_stage_of_another_process_is_unknown():
    with pytest.raises(UnknownStage):
        B2B.stage("ENGAGING")


def test_nothing_comes_after_the_last_stage():
    assert B2B.after("NEGOTIATION").code == "SIGNING"
    with pytest.raises(NoNextStage):
        B2B.after("SIGNING")


def test_two_stages_of_one_code_make_no_process():
    with pytest.raises(StageTwice):
        Process(code="TWICE", name="两次", stages=(Stage("A", "甲"), Stage("B", "乙"), Stage("A", "丙")))


def test_the_shipped_stages_say_what_the_buyer_does_and_grow_more_likely():
    assert all(stage.buyer_step and stage.exit_milestones and stage.expected_days for stage in B2B.stages)
    chances = [stage.probability for stage in B2B.stages]
    assert chances == sorted(chances)
