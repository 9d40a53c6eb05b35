"""`gateway contract new`: a draft from fifteen questions, with what each answer changes in kroner."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from gateway.cli.terminal import Commands, console, output, writing
from gateway.errors.installation import OutputUnwritable
from vocabulary.weeks import Week

if TYPE_CHECKING:
    from gateway.cli.draft_money import DraftMoney
    from gateway.contracts.draft_answers import AnswerRefused, DraftAnswers
    from gateway.wording.drafting import DraftQuestion, Language

_LANGUAGES = ("da", "en")
_BACK = "<"


def new(
    folder: Annotated[Path, typer.Argument(help="Where the files go; no file there is ever overwritten.")],
    language: Annotated[str, typer.Option(help="da or en.")] = "da",
    title: Annotated[str, typer.Option(help="What the contract is called.")] = "",
    municipality: Annotated[str, typer.Option(help="Who pays: its code and name, such as '851 Aalborg Kommune'.")] = "",
    operator: Annotated[str, typer.Option(help="Who delivers the work.")] = "",
    legal_role: Annotated[str, typer.Option(help="processor, other_actor or independent_controller.")] = "",
    status_source: Annotated[str, typer.Option(help="dream or ydelsesrefusion.")] = "",
    result: Annotated[str, typer.Option(help="A result: job, education or job_or_education.")] = "",
    price: Annotated[str, typer.Option(help="Kroner for each person, as the language writes them.")] = "",
    people: Annotated[str, typer.Option(help="How many are referred.")] = "",
    enrolment_from: Annotated[str, typer.Option(help="First day of referral, YYYY-MM-DD.")] = "",
    enrolment_to: Annotated[str, typer.Option(help="Last day of referral, YYYY-MM-DD.")] = "",
    last_day: Annotated[str, typer.Option(help="YYYY-MM-DD: the week that it lies in is measured last.")] = "",
    sustained_weeks: Annotated[str, typer.Option(help="For how many weeks in a row a result lasts.")] = "",
    hours: Annotated[str, typer.Option(help="Paid hours a week, not asked of education.")] = "",
    cap: Annotated[str, typer.Option(help="Kroner in all, as the language writes them; 0 for no cap.")] = "",
    case_number: Annotated[str, typer.Option(help="The municipality's case number.")] = "",
    every: Annotated[str, typer.Option(help="How long a window is: year, half_year or quarter.")] = "half_year",
) -> None:
    """Draft a contract, its programme and its notice from fifteen questions; a flag answers its question.

    Example: gateway contract new job-2027
    """
    from gateway.contracts.draft import CONTRACT, NOTICE, PROGRAMME, drafted_files
    from gateway.contracts.draft_answers import DraftAnswers

    if language not in _LANGUAGES:
        raise typer.BadParameter(f"must be one of: {', '.join(_LANGUAGES)}", param_hint="--language")
    if every not in ("year", "half_year", "quarter"):
        raise typer.BadParameter("must be one of: year, half_year, quarter", param_hint="--every")
    _check_free(folder, (CONTRACT, PROGRAMME, NOTICE))
    answers = DraftAnswers(cast("Language", language))
    flags = {
        "title": title,
        "municipality": municipality,
        "operator": operator,
        "legal_role": legal_role,
        "status_source": status_source,
        "result": result,
        "price": price,
        "people": people,
        "enrolment_from": enrolment_from,
        "enrolment_to": enrolment_to,
        "last_day": last_day,
        "sustained_weeks": sustained_weeks,
        "hours": hours,
        "cap": cap,
        "case_number": case_number,
    }
    _take_flags(answers, flags)
    if open_questions := [one for one in answers.questions() if one.name not in answers.values]:
        _ask_all(answers, open_questions)
    terms = answers.terms(every=every)
    files = drafted_files(terms)
    _check(folder, answers, files[CONTRACT], files[PROGRAMME])
    _check_free(folder, files)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with output(folder / name) as out:
            out.write(text.encode())
        _say(answers, "written", file=folder / name)
    _say(answers, "next", contract=folder / CONTRACT, programme=folder / PROGRAMME)


def _check_free(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        if (folder / name).exists():
            raise OutputUnwritable(where=str(folder / name), reason="is there already, and is never overwritten")


def _take_flags(answers: DraftAnswers, flags: dict[str, str]) -> None:
    from gateway.contracts.draft_answers import AnswerRefused

    for question in answers.questions():
        if text := flags[question.name]:
            try:
                answers.take(question, text)
            except AnswerRefused as refused:
                raise typer.BadParameter(_refusal(answers, refused), param_hint=question.flag) from None
    if flags["hours"] and "hours" not in [question.name for question in answers.questions()]:
        raise typer.BadParameter("nobody is asked for hours of education", param_hint="--hours")


def _ask_all(answers: DraftAnswers, asked: list[DraftQuestion]) -> None:
    """Ask what no flag answered, back and forth. Ctrl-C ends it, and nothing was written."""
    if not sys.stdin.isatty():
        flags = ", ".join(question.flag for question in asked)
        raise typer.BadParameter(f"nobody can be asked here: it is no terminal. Answer by flags: {flags}")
    _say(answers, "start", many=len(asked))
    at = 0
    try:
        while at < len(shown := [one for one in asked if one in answers.questions()]):
            at += _ask(answers, shown, at)
    except (typer.Abort, KeyboardInterrupt):
        console.print()
        _say(answers, "stopped")
        raise typer.Exit(1) from None


def _ask(answers: DraftAnswers, asked: list[DraftQuestion], at: int) -> int:
    """Ask one question until it is answered; 1 for the next one, or -1 to go back."""
    from gateway.contracts.draft_answers import AnswerRefused
    from gateway.wording.drafting import SAID

    question, language = asked[at], answers.language
    console.print()
    text = question.asked.text_in(language)
    console.print(SAID["number"].text_in(language, at=at + 1, many=len(asked), asked=text), style="bold")
    console.print(f"   {question.help.text_in(language)}", style="dim")
    for number, choice in enumerate((question.choices or {}).values(), start=1):
        console.print(f"   {number}  {choice.text_in(language)}")
    before = _money(answers)
    while True:
        typed = typer.prompt(f"   {SAID['your_answer'].text_in(language)}", default="", show_default=False)
        if typed.strip() == _BACK:
            return -1 if at else 0
        try:
            answers.take(question, typed)
        except AnswerRefused as refused:
            console.print(f"   {_refusal(answers, refused)}", style="yellow")
            continue
        _read_back(answers, question)
        _show_money(answers, before)
        if question.name in ("sustained_weeks", "hours"):
            _compare(answers, question.name)
        return 1


def _read_back(answers: DraftAnswers, question: DraftQuestion) -> None:
    from gateway.wording.drafting import money, money_in_words

    value, language = answers.values[question.name], answers.language
    if question.name in ("price", "cap"):
        if value:
            _say(answers, "in_words", money=money(value, language), words=money_in_words(value, language))
        else:
            _say(answers, "no_cap")
    if question.name == "cap" and value:
        _say(answers, "cap_covers", results=value // answers.values["price"])
    if question.name == "price":
        _say(answers, "each", ten=money(10 * value, language))
    if question.name == "last_day":
        year, week, _ = Week.of(value).thursday.isocalendar()
        _say(answers, "week", week=week, year=year)


def _money(answers: DraftAnswers) -> DraftMoney | None:
    from gateway.cli.draft_money import money_of

    return money_of(answers.terms()) if answers.can_be_reckoned else None


def _show_money(answers: DraftAnswers, before: DraftMoney | None) -> None:
    """What the answer changed in kroner; nothing where no amount can be reckoned yet."""
    from gateway.wording.drafting import money

    after, language = _money(answers), answers.language
    if after is None:
        return
    if before is None:
        _say(answers, "bounds", least=money(after.least, language), most=money(after.most, language))
        if after.expected is not None:
            _say(answers, "expected", expected=money(after.expected, language))
        return
    if after.most != before.most:
        _say(answers, "most_changed", before=money(before.most, language), after=money(after.most, language))
    if after.expected != before.expected and before.expected is not None and after.expected is not None:
        told = money(before.expected, language), money(after.expected, language)
        _say(answers, "expected_changed", before=told[0], after=told[1])


def _compare(answers: DraftAnswers, name: str) -> None:
    """What half of it and twice as much would come to: what a term of weeks or hours is worth."""
    from gateway.cli.draft_money import money_of
    from gateway.wording.drafting import SAID, money
    from gateway.wording.formats import DANISH, short_decimal

    field, one = ("weeks", 1) if name == "sustained_weeks" else ("hours_hundredths", 100)
    terms, language = answers.terms(), answers.language
    value = getattr(terms, field)
    others = max(one, value // 2 // one * one), min(value * 2, 104 if name == "sustained_weeks" else 3700)
    amounts = [money_of(replace(terms, **{field: shown})).expected for shown in (value, *others)]
    known = [money(amount, language) for amount in amounts if amount is not None]
    if len(known) == len(amounts) and value not in others:
        own, less, more = (short_decimal(shown * 100 // one, DANISH) for shown in (value, *others))
        now, lenient, strict = known
        unit = SAID[name].text_in(language)
        places = {"own": own, "less": less, "more": more, "now": now, "lenient": lenient, "strict": strict}
        _say(answers, "compared", unit=unit, **places)


def _check(folder: Path, answers: DraftAnswers, contract: str, programme: str) -> None:
    """Read both texts as `contract check` does, and say in words what they are about."""
    from connectors.codes import shown_by_kind
    from gateway.contracts.draft import CONTRACT, PROGRAMME
    from gateway.contracts.fitting import check_fits
    from gateway.outcomes.contract_file import load_contract
    from gateway.outcomes.lint import lint
    from gateway.wording.drafting import money_in_words
    from policies.programme_file import load_programme

    draft = load_contract(contract.encode(), file=str(folder / CONTRACT))
    check_fits(draft, load_programme(programme.encode(), file=str(folder / PROGRAMME)))
    console.print()
    _say(answers, "summary")
    price, cap, money = answers.values["price"], answers.values["cap"], _money(answers)
    _say(answers, "price_of", words=money_in_words(price, answers.language))
    if cap:
        _say(answers, "cap_of", words=money_in_words(cap, answers.language))
    if money is not None:
        _say(answers, "most_of", words=money_in_words(money.most, answers.language))
    for finding in lint(draft, shown_by_kind()):
        _say(answers, "finding", finding=finding)
    console.print()


def _refusal(answers: DraftAnswers, refused: AnswerRefused) -> str:
    from gateway.wording.drafting import REFUSED

    return REFUSED[refused.key].text_in(answers.language, **refused.places)


def _say(answers: DraftAnswers, key: str, **places: object) -> None:
    from gateway.wording.drafting import SAID

    for line in SAID[key].text_in(answers.language, **places).splitlines():
        console.print(f"   {line}", soft_wrap=True)


COMMANDS: Commands = {"new": new}
