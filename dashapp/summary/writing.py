"""Who writes a summary, and what it says."""

from collections.abc import Callable
from dataclasses import dataclass

from dashapp.settings import Settings
from dashapp.summary.fact import Facts
from dashapp.summary.template import framed, template
from dashapp.summary.text import Text

MODEL, TEMPLATE = "model", "template"
NO_KEY = "no key is set: ANTHROPIC_API_KEY"
DRAFTS = ("first", "second")
"""A draft that cannot be used is sent back once, with what is wrong with it."""

Tell = Callable[[str], None]
"""Is told in a word or two what is being done."""


def quiet(_step: str) -> None:
    """For those who do not want to know."""


@dataclass(frozen=True)
class Written:
    """The text of a summary, what wrote it (`model` or `template`) and why that did; `usage`, where a model was asked,
    is a JSON object of what that took.
    """

    text: Text
    author: str
    reason: str
    usage: str | None = None


def write(facts: Facts, settings: Settings, tell: Tell = quiet, *, offline: bool) -> Written:
    """The text of the facts; with `offline` no model is asked."""
    if offline or settings.anthropic_api_key is None:
        tell("writing")
        return _from_template(facts, "asked for" if offline else NO_KEY)
    return _asked(facts, settings, tell)


def _asked(facts: Facts, settings: Settings, tell: Tell) -> Written:
    """The text of the model's first draft that says nothing but the facts; else the template's."""
    from dashapp.summary import claude
    from dashapp.summary.check import problems
    from dashapp.summary.draft import sections

    spent, reason = claude.Spent(settings.summary_model), ""
    faults: list[str] = []
    for which in DRAFTS:
        tell("asking the model")
        try:
            draft = claude.ask(facts, settings, spent, faults)
        except claude.Malformed as error:
            faults, reason = [str(error)], "the model's answer was not of the form that was asked for"
            continue
        except claude.Failed as error:
            reason = str(error)
            break
        tell("checking")
        found = problems(draft, facts)
        if not found:
            told = f"its {which} draft passed the check"
            return Written(framed(facts, sections(draft, facts)), MODEL, told, spent.kept(settings))
        faults = [problem.quoted for problem in found]
        reason = f"the model's draft was refused: {'; '.join(dict.fromkeys(map(str, found)))}"
    return _from_template(facts, reason, spent.kept(settings))


def _from_template(facts: Facts, reason: str, usage: str | None = None) -> Written:
    return Written(framed(facts, template(facts)), TEMPLATE, reason, usage)
