"""What is refused of rules, absences and duties."""

from services.kit.errors import Invalid


class DutyEndsBeforeItBegins(Invalid):
    """A duty must last some time."""

    field = "duties"
    en = "a duty must end after it begins"
    zh = "值班结束时间必须晚于开始时间"


class AbsenceEndsBeforeItBegins(Invalid):
    """An absence lasts a day at least."""

    field = "absences"
    en = "an absence must not end before it begins"
    zh = "缺勤结束日期不能早于开始日期"


class UnderloadAboveOverload(Invalid):
    """Nobody can be loaded too little and too much at once."""

    field = "under_percent"
    en = "under_percent must be below over_percent"
    zh = "不饱和阈值必须低于超负荷阈值"
