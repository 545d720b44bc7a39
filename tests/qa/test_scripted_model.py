"""The scripted model: its own callers hear their script, everybody else the receptionist."""

import time

import openai
import pytest

from qa.scripted_model import ScriptedModel, ScriptedReply, scripted_model
from sandbox.openai.chat import ChatRequest, Message, Reply
from sandbox.vendors import OPENAI_KEY

pytestmark = pytest.mark.unit

ANNE, BERT = "+19715550101", "+19715550102"


def asked_by(number: str) -> ChatRequest:
    """Return a request of a call from `number`."""
    prompt = f"You are a receptionist.\nCaller: not on file, calling from {number}."
    return ChatRequest("gpt-4o", (Message("system", prompt), Message("user", "Hello?")))


def test_each_caller_hears_their_own_script_and_then_the_receptionist() -> None:
    """A script is played once, in order; calls at the same time do not mix."""
    model = ScriptedModel(rest=lambda _: Reply("Receptionist."))
    model.script(ANNE, [ScriptedReply("One."), ScriptedReply("Two.")])
    model.script(BERT, [ScriptedReply("Other.")])
    said = [model(asked_by(number)).text for number in (ANNE, BERT, ANNE, ANNE, BERT)]
    assert said == ["One.", "Other.", "Two.", "Receptionist.", "Receptionist."]


def test_tool_calls_are_sent_as_they_were_written() -> None:
    """A mapping becomes JSON, raw text stays what it is, also when it is no JSON."""
    calls = (("cancel_appointment", {"appointment_id": 1}), ("book_appointment", '{"at": '))
    sent = ScriptedReply(calls=calls).reply().tool_calls
    assert [call.arguments for call in sent] == ['{"appointment_id": 1}', '{"at": ']


async def test_a_scripted_answer_takes_the_time_its_script_says() -> None:
    """The vendor's own client waits for the first token as long as told; the next is quick."""
    async with scripted_model() as (url, model):
        model.script(ANNE, [ScriptedReply("Slow.", first_token_s=0.4), ScriptedReply("Quick.")])
        client = openai.AsyncOpenAI(base_url=url, api_key=OPENAI_KEY)
        took: list[float] = []
        for expected in ("Slow.", "Quick."):
            began = time.perf_counter()
            answer = await client.chat.completions.create(
                model="gpt-4o",
                messages=[{"role": "system", "content": f"calling from {ANNE}"}],
            )
            took.append(time.perf_counter() - began)
            assert answer.choices[0].message.content == expected
        await client.close()
    assert took[0] >= 0.4 > took[1]
