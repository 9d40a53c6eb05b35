"""Whoever can write to the database wants a line paid that nobody accepted, or a dispute that was never raised.

Amounts stand in signed documents. Acceptances, disputes, bills and payments are rows; the access log tells of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.errors.settlement import SettlementMismatch
from gateway.settlement import acknowledging, adjusting, billing, views
from tests.support import opening as stating
from tests.support import settling
from tests.support.municipality import ready
from tests.support.simulated import Municipality

TABLES = ("acknowledgement", "dispute", "bill", "approval", "payment", "releaserow", "adjustment")
LINE = "weeks_in_work_or_education/window"
TAMPERED = {
    "a dispute is gone": "DELETE FROM dispute",
    "a dispute is withdrawn": "UPDATE dispute SET outcome = 'withdrawn'",
    "a dispute is of another line": "UPDATE dispute SET line = 'another/window'",
    "an acceptance is gone": "DELETE FROM acknowledgement WHERE role = 'operator'",
    "one party accepts for the other": "UPDATE acknowledgement SET role = 'operator'",
    "an acceptance is put in by hand": """
        INSERT INTO acknowledgement (id, contract_id, "window", release_id, lines, jwt_sha256, role, "by", at)
        SELECT 'forged', contract_id, "window", release_id, lines, jwt_sha256, role, "by", at
        FROM acknowledgement WHERE role = 'operator'
    """,
    "an acceptance is moved": "UPDATE acknowledgement SET release_id = (SELECT release_id FROM dispute)",
    "less of a line is disputed": "UPDATE dispute SET amount_minor = 1",
    "an adjustment is worth more": "UPDATE adjustment SET worth_minor = worth_minor + 1",
    "an adjustment is gone": "DELETE FROM adjustment",
    "an adjustment is forged": """
        INSERT INTO adjustment
            (id, contract_id, position, "window", release_id, line, worth_minor, text_sha256, role, "by", at)
        SELECT 'forged', contract_id, 9, "window", release_id, line, worth_minor, text_sha256, 'settlement_officer',
            "by", at FROM adjustment
    """,
    "a bill is gone": "DELETE FROM bill",
    "a bill has another number": "UPDATE bill SET number = 'F-99'",
    "a bill is another file": "UPDATE bill SET sha256 = 'x'",
    "a payment is gone": "DELETE FROM payment",
    "a payment is of another day": "UPDATE payment SET paid_on = '2019-01-01'",
    "a draft is another": "UPDATE releaserow SET draft = CAST('{}' AS BLOB) WHERE \"window\" = '2018H2'",
}


def sql(town: Municipality, statement: str) -> None:
    with town.gateway.store.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount != 0


@pytest.fixture(scope="module")
def once_settled(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    """One window paid and proposed to be adjusted, and a line of the next one disputed."""
    town = ready(tmp_path_factory.mktemp("settled"))
    for window in ("2018H2", "2019H1", "2019H2"):
        town.release(window, "payment_document", "operator")
    settling.settle(town, "2019H1")
    settling.contest(town, "2019H2", LINE)
    adjusting.adjust(
        town.gateway, town.contract, "2019H1", LINE,
        worth_minor=1, text_sha256=settling.LETTER, as_party=settling.operator(town),
    )  # fmt: skip
    return town


@pytest.fixture
def settled(once_settled: Municipality) -> Iterator[Municipality]:
    """Whoever edits its rows gets them put back, and then all is well: the positive control."""
    with once_settled.gateway.store.engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}"))
    yield once_settled
    with once_settled.gateway.store.engine.begin() as connection:
        for table in TABLES:
            for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM kept_{table}"):
                connection.execute(text(statement))
            connection.execute(text(f"DROP TABLE kept_{table}"))
    views.show_statement(once_settled.gateway, once_settled.contract)


@pytest.mark.parametrize("how", TAMPERED)
def test_a_row_that_the_log_does_not_tell_of_settles_nothing(settled: Municipality, how: str):
    """Neither shown nor accepted nor billed, until a backup is restored."""
    sql(settled, TAMPERED[how])
    with pytest.raises(SettlementMismatch, match="do not agree"):
        views.show_statement(settled.gateway, settled.contract)
    with pytest.raises(SettlementMismatch):
        acknowledging.acknowledge(settling.officer(settled), settled.contract, "2019H2")
    with pytest.raises(SettlementMismatch):
        billing.request_payment(settled.gateway, settled.contract, "2019H1", as_party=settling.operator(settled))


def test_what_the_parties_stated_as_disputed_stays_disputed(tmp_path: Path):
    """A dispute of opening balances has no event: the text that both signed says that there is one."""
    town = ready(tmp_path)
    tariff = LINE.partition("/")[0]
    lines = [
        stating.paid("2018H2", tariff, 0, 0),
        stating.paid(
            "2019H1", tariff, 124, 18_000_000, disputed_minor=600_000, disputed_by="operator", reason="period"
        ),
    ]
    stating.adopt(town, stating.balances_text(stating.contract_of(town), "2019H1", lines))
    views.show_statement(town.gateway, town.contract)  # the positive control
    sql(town, "DELETE FROM dispute")
    with pytest.raises(SettlementMismatch, match="contract_adopted"):
        views.show_statement(town.gateway, town.contract)
