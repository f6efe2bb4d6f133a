"""What a checklist refuses."""

from services.kit.errors import Invalid, Refused


class QuestionTwice(Invalid):
    """Two questions of a checklist have one code."""

    field = "questions"
    en = "the question {question} stands there twice"
    zh = "问题 {question} 重复"


class AnswerTwice(Invalid):
    """Two answers of a question have one code."""

    field = "questions"
    en = "the question {question} has the answer {answer} twice"
    zh = "问题 {question} 的答案 {answer} 重复"


class NoWeight(Invalid):
    """No question counts, so there is no score."""

    field = "questions"
    en = "at least one question must have a weight"
    zh = "至少一个问题的权重应大于零"


class NoPreset(Refused):
    """Nothing ships for that type."""

    field = "questions"
    en = "no checklist ships for {lead_type}; give its questions"
    zh = "{lead_type} 没有预置的判断规范，请给出问题"


class NoChecklist(Refused):
    """There are answers and nothing to judge them by."""

    field = "answers"
    en = "no checklist is published for leads of this type; give a score"
    zh = "该类线索尚未发布判断规范，请直接给出评分"


class AnswersRequired(Refused):
    """Leads of that type are judged by the company's checklist, not by anybody's opinion."""

    field = "answers"
    en = "leads of this type are judged by the checklist {lead_type}; answer its questions"
    zh = "该类线索须按公司判断规范 {lead_type} 评估，请回答其中的问题"


class QuestionUnanswered(Invalid):
    """A question of the checklist has no answer."""

    field = "answers"
    en = "the question {question} is not answered"
    zh = "问题 {question} 未回答"


class UnknownAnswer(Invalid):
    """The checklist has no such question, or the question no such answer."""

    field = "answers"
    en = "the checklist has no answer {answer} to a question {question}"
    zh = "判断规范中问题 {question} 没有答案 {answer}"


class ChecklistChanged(Refused):
    """The answers are those to another version."""

    field = "checklist_version"
    en = "the checklist is at version {version} now; answer that"
    zh = "判断规范现为第 {version} 版，请按该版回答"
