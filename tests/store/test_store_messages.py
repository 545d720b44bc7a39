"""Tests of the messages that callers leave."""

from datetime import UTC, datetime, timedelta

import pytest
from store_world import HOUR, TUESDAY, Caller, Rows

from store import Store
from store.__main__ import main
from store.errors import NotFound
from store.messages import NewMessage

pytestmark = pytest.mark.db

PROMISED = "Someone will call you back today by four in the afternoon."


def message(
    call_sid: str = "CA1", text: str = "The brakes squeal.", hours: int | None = 2
) -> NewMessage:
    """Return a message that is due some hours after Tuesday at two."""
    due = TUESDAY + hours * HOUR if hours is not None else None
    return NewMessage(call_sid, text, "no_answer", PROMISED, due, "+15035550142", "Dana Whitfield")


async def test_a_message_is_kept_with_its_promise(store: Store, dana: Caller) -> None:
    """Everything that somebody needs to call back comes out again, and it is open."""
    given = NewMessage(
        "CA1", "Squeal\0ing brakes", "closed", PROMISED, TUESDAY + HOUR, "+15035550142",
        "Dana Whitfield", dana.customer.id,
    )  # fmt: skip
    message_id = await store.messages.add(given, TUESDAY)
    (kept,) = await store.messages.open()
    assert (kept.id, kept.text, kept.reason) == (message_id, "Squealing brakes", "closed")
    assert (kept.promised, kept.due_at, kept.done_at) == (PROMISED, TUESDAY + HOUR, None)
    assert (kept.from_number, kept.name) == ("+15035550142", "Dana Whitfield")
    assert (kept.customer_id, kept.created_at) == (dana.customer.id, TUESDAY)


async def test_open_messages_come_by_deadline(store: Store) -> None:
    """The earliest deadline stands first and one without a deadline last."""
    for number, hours in enumerate((3, None, 1, 2)):
        await store.messages.add(message(f"CA{number}", hours=hours), TUESDAY)
    assert [one.call_sid for one in await store.messages.open()] == ["CA2", "CA3", "CA0", "CA1"]
    assert len(await store.messages.open(limit=2)) == 2


async def test_an_answered_message_is_no_longer_open(store: Store, rows: Rows) -> None:
    """Done once, it leaves the list; done again, the first time stands."""
    message_id = await store.messages.add(message(), TUESDAY)
    await store.messages.done(message_id, TUESDAY + HOUR)
    await store.messages.done(message_id, TUESDAY + 2 * HOUR)
    assert await store.messages.open() == []
    assert rows("SELECT done_at FROM messages")[0][0] == TUESDAY + HOUR
    with pytest.raises(NotFound):
        await store.messages.done(message_id + 1, TUESDAY)


async def test_a_message_written_twice_is_one(store: Store) -> None:
    """The same words in one call are stored once, and what was learned later is added."""
    first = await store.messages.add(NewMessage("CA1", "Hi", "closed", PROMISED, None), TUESDAY)
    again = await store.messages.add(
        NewMessage("CA1", "Hi", "closed", PROMISED, None, "+15035550142", "Ann"), TUESDAY
    )
    other = await store.messages.add(message("CA1", "Something else"), TUESDAY)
    assert first == again != other
    kept = {one.id: one for one in await store.messages.open()}
    assert (kept[first].name, kept[first].from_number) == ("Ann", "+15035550142")


async def test_a_broken_promise_shows(store: Store) -> None:
    """A message is overdue when its deadline has passed and nobody has answered."""
    await store.messages.add(message(), TUESDAY)
    await store.messages.add(message("CA2", hours=None), TUESDAY)
    due, undated = await store.messages.open()
    assert not due.overdue(TUESDAY + 2 * HOUR)
    assert due.overdue(TUESDAY + 2 * HOUR + timedelta(seconds=1))
    assert not undated.overdue(TUESDAY + 1000 * HOUR)


async def test_open_messages_are_listed_on_the_command_line(
    store: Store,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`python -m store messages` shows by when, whom and what about, and what is overdue."""
    late = await store.messages.add(message("CA1", "The brakes\nsqueal."), TUESDAY - 9000 * HOUR)
    early = NewMessage("CA2", "Hello.", "closed", "", datetime(2199, 1, 1, 20, tzinfo=UTC))
    await store.messages.add(early, TUESDAY)
    done = await store.messages.add(message("CA3", "Old."), TUESDAY)
    await store.messages.done(done, TUESDAY)
    await store.pool.write(
        "UPDATE messages SET due_at = '2001-01-01T20:00Z' WHERE id = %(id)s", {"id": late}
    )
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert main(["messages"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "Mon 2001-01-01 12:00 OVERDUE  Dana Whitfield +15035550142: The brakes squeal." in first
    assert "Tue 2199-01-01 12:00  no name no number: Hello." in second


async def test_a_customer_who_goes_leaves_the_message(
    store: Store, dana: Caller, rows: Rows
) -> None:
    """Deleting a customer keeps what was promised."""
    await store.messages.add(
        NewMessage("CA1", "Hi", "closed", PROMISED, None, customer_id=dana.customer.id), TUESDAY
    )
    rows("DELETE FROM customers")
    (kept,) = await store.messages.open()
    assert kept.customer_id is None
