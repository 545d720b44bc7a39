"""The deterministic receptionist: from everything a model is given to what it says or calls."""

import re
from typing import Any

from sandbox.openai.chat import ChatRequest, Reply, ToolCall, ToolSpec
from sandbox.openai.conversation import Conversation
from sandbox.openai.errands import Errand
from sandbox.openai.questions import question
from sandbox.openai.remarks import NOT_CAUGHT, remarks, shop_name
from sandbox.openai.state import Outcome

_GOODBYE = "Goodbye."
_PUT_THROUGH = "I'll put you through."
"""The form of words at which the service calls a person."""

_CHANGES = frozenset({"book_appointment", "reschedule_appointment", "cancel_appointment"})


def answer(request: ChatRequest) -> Reply:
    """Answer as a receptionist would; a pure function of the request."""
    if request.tool_choice not in ("none", "auto", "required"):
        return _forced(request, request.tool_choice)
    reply = _spoken_or_called(request)
    if request.tool_choice == "required" and not reply.tool_calls and request.tools:
        names = [tool.name for tool in request.tools]
        return _forced(request, "lookup_customer" if "lookup_customer" in names else names[0])
    return reply


def _forced(request: ChatRequest, name: str) -> Reply:
    """Call a function because the request insists, with the best arguments at hand."""
    natural = _spoken_or_called(request)
    if any(call.name == name for call in natural.tool_calls):
        return natural
    spec = next((tool for tool in request.tools if tool.name == name), ToolSpec(name))
    wish = Conversation(request.messages).wish
    guesses = {"service_type": wish.service, "date": wish.day.isoformat() if wish.day else None}
    arguments = {key: guesses.get(key) or _blank(spec, key) for key in spec.required}
    return Reply("", (ToolCall.of(name, **arguments),))


def _blank(spec: ToolSpec, key: str) -> Any:
    properties = spec.parameters.get("properties")
    schema = properties.get(key) if isinstance(properties, dict) else None
    kind = schema.get("type") if isinstance(schema, dict) else None
    blanks: dict[str, Any] = {
        "integer": 0,
        "number": 0,
        "boolean": False,
        "array": [],
        "object": {},
    }
    return blanks.get(kind, "") if isinstance(kind, str) else ""


def _spoken_or_called(request: ChatRequest) -> Reply:
    talk = Conversation(request.messages)
    if talk.results:
        return _after_tools(talk, request)
    if talk.directive:
        return _prompted(talk, request)
    if talk.heard is None:
        return _opening(talk) if not talk.spoken_before else _still_there(talk)
    return _after_words(talk, request)


def _opening(talk: Conversation) -> Reply:
    name = f" {talk.first_name}" if talk.first_name else ""
    shop = f" {talk.briefing.shop}" if talk.briefing.shop else ""
    return Reply(f"Hi{name}, thanks for calling{shop}. {question('help')}")


# -- after silence -----------------------------------------------------------------------------


def _prompted(talk: Conversation, request: ChatRequest) -> Reply:
    """Do what a message from the system in the middle of the call asks for."""
    wanted = talk.directive.lower()
    if re.search(r"goodbye|hang(ing)? up|end (the|this) call", wanted):
        return Reply(f"Thank you for calling {shop_name(talk)}. {_GOODBYE}")
    if "silen" in wanted or "idle" in wanted or "still there" in wanted:
        return _still_there(talk)
    if "greet" in wanted and not talk.heard:
        return _opening(talk)
    return _still_there(talk) if talk.heard is None else _after_words(talk, request)


def _still_there(talk: Conversation) -> Reply:
    if "still there" not in talk.said.lower():
        return Reply("Are you still there?")
    return Reply("I can't hear you. Take your time, I'm still here.")


# -- after tools -------------------------------------------------------------------------------


def _after_tools(talk: Conversation, request: ChatRequest) -> Reply:
    last = talk.results[-1]
    if last.running:
        return Reply("One moment please, I'm still checking.")
    if not last.payload:
        return Errand(talk, request, ["I'm sorry, that didn't work."]).ask("callback")
    failed = [done for done in talk.results if not done.ok and not done.running]
    lead = [done.message for done in failed if done is not last and _worth_telling(done)]
    if last.ok:
        return _after_success(talk, request, last, lead)
    return _after_failure(talk, request, last, lead)


def _worth_telling(done: Outcome) -> bool:
    return bool(done.message) and done.call.name in _CHANGES


def _after_success(
    talk: Conversation, request: ChatRequest, last: Outcome, lead: list[str]
) -> Reply:
    errand = Errand(talk, request, lead)
    if last.call.name in _CHANGES:
        errand.lead.append(last.message or "That is done.")
        if talk.goal == "book" and talk.wish.service:
            errand.lead.append(f"Now the {talk.briefing.service_name(talk.wish.service)}.")
            return errand.next()
        return errand.ask("anything_else")
    if last.call.name == "search_customers":
        return _after_search(talk, errand, last)
    if last.call.name == "lookup_customer" and talk.phone and last.call.parsed().get("phone"):
        errand.lead.append(f"Thank you, {talk.first_name}." if talk.first_name else "Thank you.")
    if last.call.name == "get_upcoming_appointments" and "upcoming" in talk.flags:
        return errand.say(last.message, question("anything_else"))
    return errand.next()


def _after_search(talk: Conversation, errand: Errand, last: Outcome) -> Reply:
    if talk.caller != "known" and talk.goal == "book" and talk.identity_tries > 2:
        talk.caller = "unknown"
        errand.lead.append("I can't find you on file.")
        return errand.next()
    if last.message:
        errand.lead.append(last.message)
        if last.message.endswith("?"):
            return errand.say()
    return errand.next()


def _after_failure(
    talk: Conversation, request: ChatRequest, last: Outcome, lead: list[str]
) -> Reply:
    message = last.message or "I'm sorry, that didn't work."
    errand = Errand(talk, request, [*lead, message])
    name, error = last.call.name, last.error
    unavailable = "unavailable" in error or error in ("timeout", "internal")
    if unavailable:
        return errand.say("" if message.endswith("?") else question("callback"))
    if name in ("book_appointment", "reschedule_appointment"):
        if talk.wish.slot is None and talk.goal and talk.slots_for is None:
            errand.lead = lead  # the refusal is told with the times that are free instead
            return errand.next()
        if talk.goal and talk.slots and talk.wish.day is not None and talk.wish.slot is None:
            return errand.ask("offer")
    if message.endswith("?"):
        return errand.say()
    if name == "get_available_slots":
        return errand.ask("day")
    if name == "lookup_customer" and talk.goal:
        return errand.next()
    return errand.ask("anything_else" if talk.goal is None else "callback")


# -- after the caller's words ------------------------------------------------------------------


def _after_words(talk: Conversation, request: ChatRequest) -> Reply:
    heard = talk.heard
    assert heard is not None  # noqa: S101 - the only caller has seen to it
    at_once = _at_once(talk)
    if at_once is not None:
        return at_once
    lead = remarks(talk)
    errand = Errand(talk, request, lead)
    if "language" in heard.asides or ("angry" in heard.asides and talk.angers > 1):
        return errand.ask("person")
    errand.lead += [told for flag, told in _TOLD.items() if flag in talk.flags]
    if "upcoming" in talk.flags and talk.goal != "upcoming":
        return errand.use("get_upcoming_appointments")
    if not talk.understood:
        return _not_understood(talk, errand)
    if talk.goal is None and talk.pending == "anything_else" and heard.yes and not lead:
        errand.lead.append("Sure.")
        return errand.ask("help")
    reply = errand.next()
    if "angry" in heard.asides and not reply.text:
        return Reply(lead[0], reply.tool_calls)
    return reply


_TOLD = {
    "callback_yes": "All right, I'll pass on that you'd like a call back.",
    "person_no": "All right.",
    "abandoned": "All right, I'll leave it as it is.",
    "kept": "All right, I'll leave it as it is.",
}


def _at_once(talk: Conversation) -> Reply | None:
    """Answer what makes everything else wait, or ends the call; None when nothing does."""
    heard = talk.heard
    assert heard is not None  # noqa: S101 - the only caller has seen to it
    asides = heard.asides
    if "wrong_number" in asides:
        return Reply(f"No problem, this is {shop_name(talk)}. {_GOODBYE}")
    if "child" in asides:
        return Reply(f"Hi there! {question('adult')}")
    if talk.pending == "adult" and (heard.no or "not_home" in asides):
        return Reply(f"All right. Please ask a grown-up to call us. {_GOODBYE}")
    if "person" in asides or "person_yes" in talk.flags:
        return Reply(_PUT_THROUGH)
    if _leaving(talk):
        return _farewell(talk)
    if "repeat" in asides and talk.said:
        return Reply(_without_lead(talk.said))
    if "hold" in asides and not (heard.days or heard.time or heard.service):
        return Reply("Sure, take your time.")
    return None


def _leaving(talk: Conversation) -> bool:
    heard = talk.heard
    assert heard is not None  # noqa: S101 - the only caller has seen to it
    wants_more = heard.service or heard.days or heard.time or heard.goals
    asks = heard.asides & {"hours", "address", "price", "services", "robot", "person", "duration"}
    if wants_more or asks:
        return False
    if "bye" in heard.asides:
        return True
    if talk.goal is not None and not (heard.asides & {"done"} and talk.pending != "confirm_book"):
        return False
    if "done" in heard.asides or "done" in talk.flags:
        return True
    more = re.match(r"(oh )?(yes|yeah|yep|actually)\b", heard.plain)
    return "thanks" in heard.asides and talk.pending == "anything_else" and not more


def _farewell(talk: Conversation) -> Reply:
    name = f", {talk.first_name}" if talk.first_name else ""
    return Reply(f"Thank you for calling {shop_name(talk)}{name}. {_GOODBYE}")


def _without_lead(said: str) -> str:
    for apology in NOT_CAUGHT:
        said = said.replace(apology, "")
    return said.strip() or question("help")


def _not_understood(talk: Conversation, errand: Errand) -> Reply:
    said = talk.said
    if NOT_CAUGHT[1] in said:
        errand.lead, errand.again = [NOT_CAUGHT[2]], False
        return errand.ask("person")
    first = NOT_CAUGHT[0] not in said
    errand.lead.append(NOT_CAUGHT[0] if first else NOT_CAUGHT[1])
    errand.again = not first
    if talk.goal is None and talk.pending in (None, "help", "anything_else", "callback"):
        return errand.say("What can I do for you?" if first else question("service", again=True))
    return errand.next()
