"""Who is left on a day: each power, what it takes, and the first day on which nobody has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from policies.engine import PolicyEngine
from policies.lockout import Allows, LostPower, Power, allowed_by, first_losses, lost_powers
from policies.programme import Appointment, Programme
from policies.programme_file import load_programme
from policies.terms import Action, Party, Purpose, Role
from policies.way_back import DAYS, Rescue, rescue_of, rescued_text
from tests.support.histories import EXAMPLES

DAY = date(2027, 3, 1)
LATER = DAY + timedelta(days=400)
IMPACT60 = (EXAMPLES / "programmes" / "impact60.toml").read_text("utf-8")
PROGRAMME = load_programme(IMPACT60.encode(), file="impact60.toml")
ALL = set(Power)
RULES = {Power.CHANGE_RULES, Power.STOP_PULL}
OFFICER = Party("aalborg-kommune", Role.DPO)
OWN = 'organisation = "aalborg-kommune"\nrole = "system_owner"'
NOBODY_NOW = '\n[[appointments]]\nstaff = "anna"\nrole = "system_owner"\nuntil = 2026-12-31\n'
STAFF = (("ole", Role.SYSTEM_OWNER), ("clara", Role.CASE_WORKER), ("dorte", Role.DPO))


def everything(_programme: Programme, _role: Role, _action: Action) -> bool:
    return True


def but(*refused: tuple[Role, Action]) -> Allows:
    return lambda _programme, role, action: (role, action) not in refused


def appointing(*people: tuple[str, Role], until: date = LATER) -> Programme:
    return replace(PROGRAMME, appointments=tuple(Appointment(name, role, until) for name, role in people))


def lost(programme: Programme, allows: Allows = everything, *, on: date = DAY) -> set[Power]:
    return {one.power for one in lost_powers([programme], allows, on=on)}


def test_where_nobody_is_appointed_whoever_may_run_a_command_is_left():
    assert lost(PROGRAMME) == set()


def test_one_of_each_is_enough():
    assert lost(appointing(*STAFF)) == set()


@pytest.mark.parametrize(
    ("people", "powers"),
    [
        ([("rita", Role.AUDITOR)], ALL),
        (STAFF[1:], {*RULES, Power.REGISTER_RIGHT}),
        (STAFF[:1] + STAFF[1:2], {Power.READ_LOG}),
        # an owner alone registers, and nobody decides; the officer can propose what the owner approves
        ((STAFF[0], STAFF[2]), {Power.REGISTER_RIGHT}),
        ((STAFF[0], ("signe", Role.SYSTEM_OWNER), STAFF[2]), set()),
        # one person in all roles
        ([("ole", role) for role in (Role.SYSTEM_OWNER, Role.CASE_WORKER, Role.DPO)], {*RULES, Power.REGISTER_RIGHT}),
        # an auditor watches, and neither proposes nor reads for the officer
        (
            [("ole", Role.SYSTEM_OWNER), ("ole", Role.DPO), ("ole", Role.CASE_WORKER), ("rita", Role.AUDITOR)],
            {*RULES, Power.REGISTER_RIGHT},
        ),
        ([("ole", Role.SYSTEM_OWNER), ("clara", Role.OPERATOR)], {*RULES, Power.REGISTER_RIGHT, Power.READ_LOG}),
        *(([("ole", Role.SYSTEM_OWNER), ("x", role)], {Power.REGISTER_RIGHT, Power.READ_LOG})
          for role in (Role.MUNICIPALITY, Role.SETTLEMENT_OFFICER)),
    ],
)  # fmt: skip
def test_what_is_lost_without_whom(people: list[tuple[str, Role]], powers: set[Power]):
    assert lost(appointing(*people)) == powers


@pytest.mark.parametrize(
    ("refused", "powers"),
    [
        ([(Role.SYSTEM_OWNER, Action.CHANGE_POLICY)], RULES),
        ([(Role.SYSTEM_OWNER, Action.DECIDE_RIGHT)], {Power.REGISTER_RIGHT}),
        ([(Role.DPO, Action.READ_LOG)], {Power.READ_LOG}),
        ([(Role.CASE_WORKER, Action.REGISTER_RIGHT)], set()),
        ([(Role.CASE_WORKER, Action.READ_PERSON)], set()),
        ([(one, Action.REGISTER_RIGHT) for one in (Role.CASE_WORKER, Role.SYSTEM_OWNER)], {Power.REGISTER_RIGHT}),
        ([(one, Action.READ_PERSON) for one in (Role.CASE_WORKER, Role.SYSTEM_OWNER)], {Power.REGISTER_RIGHT}),
        ([(Role.AUDITOR, Action.READ_LOG)], set()),
    ],
)
def test_what_is_lost_where_the_policy_refuses(refused: list[tuple[Role, Action]], powers: set[Power]):
    for programme in (PROGRAMME, appointing(*STAFF, ("signe", Role.SYSTEM_OWNER))):
        assert lost(programme, but(*refused)) == powers


def test_a_case_worker_alone_registers_where_the_owner_may_not():
    programme, refused = appointing(*STAFF), but((Role.SYSTEM_OWNER, Action.REGISTER_RIGHT))
    assert lost(programme, refused) == set()


def test_an_appointment_holds_on_its_last_day_and_not_after():
    programme = appointing(*STAFF, until=DAY)
    assert lost(programme) == set()
    assert lost(programme, on=DAY + timedelta(days=1)) == ALL


def test_one_person_in_two_spellings_is_one_who_is_left():
    named = [
        Appointment(name, role, date(2030, 1, 1), "") for name, role in (("ole", Role.SYSTEM_OWNER), ("OLE ", Role.DPO))
    ]
    again = replace(PROGRAMME, appointments=(*named, replace(named[0], staff="Ole")))
    assert lost(again) >= {Power.CHANGE_RULES, Power.REGISTER_RIGHT}
    two = replace(PROGRAMME, appointments=(*named, replace(named[0], staff="signe")))
    assert lost(two) == set()  # positive control


def test_the_first_day_is_told_of_each_power():
    programme = replace(
        PROGRAMME,
        appointments=(
            Appointment("ole", Role.SYSTEM_OWNER, DAY + timedelta(days=9)),
            Appointment("clara", Role.CASE_WORKER, LATER),
            Appointment("dorte", Role.DPO, DAY + timedelta(days=4)),
        ),
    )
    found = first_losses(
        [programme],
        everything,
        since=DAY,
        until=LATER,
    )
    assert [(one.power, one.contract, (one.day - DAY).days) for one in found] == [
        (Power.READ_LOG, "impact60", 5),
        (Power.CHANGE_RULES, "impact60", 10),
        (Power.REGISTER_RIGHT, "impact60", 10),
        (Power.STOP_PULL, "impact60", 10),
    ]


@pytest.mark.parametrize(("ahead", "found"), [(4, 0), (5, 1), (6, 1)])
def test_a_period_ends_with_its_last_day(ahead: int, found: int):
    officer = Appointment("dorte", Role.DPO, DAY + timedelta(days=4))
    programme = replace(PROGRAMME, appointments=(*appointing(*STAFF[:2]).appointments, officer))
    assert len(first_losses([programme], everything, since=DAY, until=DAY + timedelta(days=ahead))) == found


def test_an_appointment_may_have_no_end_that_comes():
    programme = appointing(*STAFF, until=date.max)
    assert first_losses([programme], everything, since=DAY, until=date.max) == ()


def test_what_is_lost_today_is_told_with_today():
    programme = appointing(*STAFF, until=DAY - timedelta(days=30))
    assert {one.day for one in first_losses([programme], everything, since=DAY, until=DAY)} == {DAY}


def test_one_owner_must_be_left_in_every_programme():
    other = replace(appointing(("signe", Role.SYSTEM_OWNER), *STAFF[1:]), contract_id="ballerup")
    [found] = lost_powers([appointing(*STAFF), other], everything, on=DAY)
    assert (found.power, found.contract, found.day) == (Power.CHANGE_RULES, "", DAY)
    assert "no system owner is appointed in every programme" in str(found)
    shared = replace(other, appointments=(*other.appointments, Appointment("ole", Role.SYSTEM_OWNER, LATER)))
    assert lost_powers([appointing(*STAFF), shared], everything, on=DAY) == ()
    assert lost_powers([PROGRAMME, other], everything, on=DAY) == ()  # whoever may run a command is left there


def test_every_reason_is_said_in_its_own_words():
    def why(power: Power, *refused: tuple[Role, Action]) -> str:
        return next(one.reason for one in lost_powers([PROGRAMME], but(*refused), on=DAY) if one.power is power)

    both = (Role.CASE_WORKER, Role.SYSTEM_OWNER)
    assert why(Power.REGISTER_RIGHT, *((role, Action.READ_PERSON) for role in both)) == (
        "no case worker or system owner who may answer a request for access is left"
    )
    assert why(Power.REGISTER_RIGHT, (Role.SYSTEM_OWNER, Action.DECIDE_RIGHT)) == (
        "no system owner who may decide on a request is left"
    )
    other = replace(appointing(("signe", Role.SYSTEM_OWNER), *STAFF[1:]), contract_id="ballerup")
    assert [one.reason for one in lost_powers([appointing(*STAFF), other], everything, on=DAY)] == [
        "no system owner is appointed in every programme, and one must approve another policy set in all"
    ]


def test_a_last_day_that_is_the_first_of_the_period_is_told_with_the_day_after():
    found = first_losses([appointing(*STAFF, until=DAY)], everything, since=DAY, until=LATER)
    assert {one.day for one in found} == {DAY + timedelta(days=1)}


def test_a_programme_without_an_owner_is_told_once():
    other = replace(appointing(*STAFF[1:]), contract_id="ballerup")
    found = lost_powers([appointing(*STAFF), other], everything, on=DAY)
    assert {one.contract for one in found} == {"ballerup"}


def test_it_is_said_what_is_lost_where_and_why():
    [unread] = lost_powers([appointing(*STAFF[:2])], everything, on=DAY)
    why = "no data protection officer who may read the log is left"
    assert str(unread) == f"impact60: from 2027-03-01 nobody could read the access log: {why}"
    assert unread.now == f"impact60: nobody can read the access log: {why}"
    said = {one.power: one.reason for one in lost_powers([appointing(("rita", Role.AUDITOR))], everything, on=DAY)}
    assert said[Power.CHANGE_RULES] == said[Power.STOP_PULL] == "no system owner who may change the rules is left"
    assert said[Power.REGISTER_RIGHT] == "no case worker or system owner who may register a right is left"
    alone = appointing(("ole", Role.SYSTEM_OWNER), ("ole", Role.DPO))
    assert {one.reason for one in lost_powers([alone], everything, on=DAY)} == {
        "one person is left, and what one asks another must approve"
    }
    assert str(LostPower(Power.STOP_PULL, "", DAY, "why")) == "from 2027-03-01 nobody could stop a pull for all: why"


def without(*names: str) -> Programme:
    kept = tuple(grant for grant in PROGRAMME.grants if grant.id.partition("/")[2] not in names)
    assert len(kept) == len(PROGRAMME.grants) - len(names)
    return replace(PROGRAMME, grants=kept, sha256="-".join(names))


@pytest.mark.parametrize(
    ("programme", "powers"),
    [
        (PROGRAMME, set()),
        (without("owner-changes-rules"), RULES),
        (without("owner-decides"), {Power.REGISTER_RIGHT}),
        (without("dpo-reads-log"), {Power.READ_LOG}),
        (without("owner-registers", "owner-answers"), set()),
        (without("case-worker-registers", "owner-registers"), {Power.REGISTER_RIGHT}),
        (
            replace(PROGRAMME, parties=PROGRAMME.parties - {OFFICER}, sha256="p"),
            {Power.READ_LOG},
        ),
        (replace(PROGRAMME, purposes=PROGRAMME.purposes - {Purpose.ACCESS_REVIEW}, sha256="q"), {Power.READ_LOG}),
        (replace(PROGRAMME, purposes=PROGRAMME.purposes - {Purpose.GOVERNANCE}, sha256="r"), RULES),
        (replace(PROGRAMME, active=False, sha256="s"), set()),
        # the first party of a role acts in it, and the grant is another's
        (replace(PROGRAMME, parties=PROGRAMME.parties | {Party("aaa", Role.DPO)}, sha256="t"), {Power.READ_LOG}),
    ],
)
def test_the_policy_itself_says_what_a_role_may(programme: Programme, powers: set[Power]):
    assert lost(programme, allowed_by(PolicyEngine.load())) == powers


RESCUE = Rescue("ole", "signe", "dorte", DAY + timedelta(days=DAYS))


def rescued(text: str) -> Programme:
    programme = load_programme(text.encode(), file="p.toml")
    return load_programme(rescued_text(text, programme, RESCUE).encode(), file="p.toml")


def entry(table: str, **values: str) -> str:
    return "\n".join([f"[[{table}]]", *(f'{key} = "{value}"' for key, value in values.items()), ""])


def test_the_way_back_adds_what_is_missing_and_changes_nothing():
    granted = f'id = "owner-changes-rules"\n{OWN}\naction = "change_policy"\n'
    text = IMPACT60.replace(f"[[grants]]\n{granted}", "")
    assert lost(load_programme(text.encode(), file="p.toml"), allowed_by(PolicyEngine.load())) == RULES
    back = rescued(text)
    assert lost(back, allowed_by(PolicyEngine.load())) == set()
    assert back.appointments == ()
    assert [one.id for one in back.grants if "way-back" in one.id] == ["impact60/way-back-system-owner-change-policy"]
    assert back.contract_sha256 == PROGRAMME.contract_sha256
    added = (
        "\n# the way back, asked for by two people; appointments hold until 2027-03-31\n"
        f'[[grants]]\nid = "way-back-system-owner-change-policy"\n{OWN}\naction = "change_policy"\n'
    )
    assert rescued_text(text, load_programme(text.encode(), file="p.toml"), RESCUE) == text + added


def test_the_way_back_appoints_three_where_people_are_appointed():
    back = rescued(IMPACT60 + NOBODY_NOW)
    assert [(one.staff, one.role, one.until) for one in back.appointments] == [
        ("anna", Role.SYSTEM_OWNER, date(2026, 12, 31)),
        ("ole", Role.SYSTEM_OWNER, RESCUE.until),
        ("signe", Role.SYSTEM_OWNER, RESCUE.until),
        ("dorte", Role.DPO, RESCUE.until),
    ]
    assert back.grants == PROGRAMME.grants
    assert lost(back) == set()
    assert lost(back, on=RESCUE.until + timedelta(days=1)) == ALL


def test_the_way_back_declares_the_controller_where_a_party_is_missing():
    officer = '[[parties]]\norganisation = "aalborg-kommune"\nrole = "dpo"\n'
    text = IMPACT60.replace(f"{officer}\n", "")
    for name in ("dpo-reads-log", "dpo-advises"):
        [found] = [part for part in text.split("[[grants]]") if f'id = "{name}"' in part]
        text = text.replace(f"[[grants]]{found}", "")
    assert lost(load_programme(text.encode(), file="p.toml"), allowed_by(PolicyEngine.load())) == {Power.READ_LOG}
    back = rescued(text)
    assert OFFICER in back.parties
    assert lost(back, allowed_by(PolicyEngine.load())) == set()


def test_the_way_back_grants_to_whoever_is_the_officers_organisation():
    elsewhere = IMPACT60.replace(
        'organisation = "aalborg-kommune"\nrole = "dpo"', 'organisation = "dpo-aps"\nrole = "dpo"'
    )
    [grant] = [part for part in elsewhere.split("[[grants]]") if 'id = "dpo-reads-log"' in part]
    back = rescued(elsewhere.replace(f"[[grants]]{grant}", ""))
    [added] = [one for one in back.grants if "way-back" in one.id]
    assert (added.party, added.action) == (Party("dpo-aps", Role.DPO), Action.READ_LOG)


def test_the_way_back_takes_three_people():
    assert rescue_of("ole", "signe", "dorte", today=DAY) == RESCUE
    for first, second, officer in (("a", "a", "b"), ("a", "b", "a"), ("a", "b", "b"), ("a", "A", "b"), ("a", "b", " ")):
        with pytest.raises(ValueError, match="two people, and a third"):
            rescue_of(first, second, officer, today=DAY)


def test_a_name_in_quotes_stays_a_name():
    odd = replace(RESCUE, first='o"le\\', second="Ølé 𐐀")
    text = rescued_text(IMPACT60 + NOBODY_NOW, appointing(*STAFF), odd)
    assert {'o"le\\', "Ølé 𐐀"} <= {one.staff for one in load_programme(text.encode(), file="p.toml").appointments}


PAGES = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("page", ["operations.md", "audit.md"])
def test_appointments_as_pages_print_them_lock_nobody_out(page: str):
    blocks = [part.partition("```")[0] for part in (PAGES / page).read_text("utf-8").split("```toml\n")[1:]]
    [block] = [block for block in blocks if "[[appointments]]" in block]
    head = [line for line in block.splitlines() if line.startswith("purposes")]
    text = IMPACT60
    for line in head:
        block = block.replace(line, "")
        [purposes] = [one for one in text.splitlines() if one.startswith("purposes")]
        text = text.replace(purposes, line)
    programme = load_programme(f"{text}\n{block}".encode(), file="p.toml")
    roles = {one.role for one in programme.appointments}
    assert roles >= {Role.SYSTEM_OWNER, Role.CASE_WORKER, Role.DPO, Role.SETTLEMENT_OFFICER}
    assert lost(programme, allowed_by(PolicyEngine.load())) == set()


@pytest.mark.parametrize("file", sorted((EXAMPLES / "programmes").glob("*.toml")), ids=lambda file: file.name)
def test_no_example_locks_anybody_out(file: Path):
    assert lost(load_programme(file.read_bytes(), file=file.name), allowed_by(PolicyEngine.load())) == set()
