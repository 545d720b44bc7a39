"""The carrier's webhooks while a call is handed over to a person; each signed, each with a ticket.

They come in any order, more than once, and to any process of the service.
"""

from fastapi import APIRouter, Request, Response
from loguru import logger

from pipeline import prompt, telephony
from pipeline.call import Switchboard
from pipeline.routes import signed_form, stream_url, switchboard
from pipeline.transfers import BadTicket, Ticket, person_joins, said_and_hung_up

handover_routes = APIRouter(prefix="/api/v1/webhooks/handover/{token}")

TAKES_IT = "1"


@handover_routes.post("/answer")
async def answer(request: Request, token: str) -> Response:
    """The person pressed a key: bring the two together, or let the person go."""
    board, ticket, form = await _checked(request, token)
    if ticket is None:
        return _forbidden()
    if form.get("Digits") != TAKES_IT:
        return _twiml(said_and_hung_up(prompt.NOT_TAKEN))
    outcome = await board.transfers.accept(token, ticket, form.get("CallSid", ""))
    if outcome == "joined":
        return _twiml(person_joins(ticket))
    return _twiml(
        said_and_hung_up(prompt.CALLER_GONE if outcome == "gone" else prompt.NOT_CONNECTED)
    )


@handover_routes.post("/after")
async def after(request: Request, token: str) -> Response:
    """Caller and person have talked: the caller, if still there, is thanked."""
    _, ticket, _ = await _checked(request, token)
    return _forbidden() if ticket is None else _twiml(said_and_hung_up(prompt.AFTER_TALKING))


@handover_routes.post("/back")
async def back(request: Request, token: str) -> Response:
    """The caller was moved and nobody was there: back to the agent."""
    board, ticket, form = await _checked(request, token)
    if ticket is None or form.get("CallSid") != ticket.call_sid:
        return _forbidden()
    phone = telephony.phone_number(form.get("From", "")) or ""
    to_number = form.get("To", "")
    stream_token = board.tokens.issue(
        ticket.call_sid, phone, to_number, attestation=ticket.attestation
    )
    parameters = {
        "token": stream_token, "from": phone, "to": to_number, "attestation": ticket.attestation,
    }  # fmt: skip
    return _twiml(
        telephony.connect_stream(stream_url(board), parameters, before=prompt.BACK_WITH_US)
    )


async def _checked(
    request: Request, token: str
) -> tuple[Switchboard, Ticket | None, dict[str, str]]:
    """Return the form with the ticket it came with; None for what Twilio or we did not issue."""
    board = switchboard(request)
    form = await signed_form(request, board)
    try:
        ticket = board.transfers.read(token) if form is not None else None
    except BadTicket as exc:
        logger.bind(reason=str(exc)).warning("handover_refused")
        ticket = None
    if ticket is None:
        board.metrics.refused.labels("signature").inc()
    return board, ticket, form or {}


def _forbidden() -> Response:
    return Response("Forbidden\n", status_code=403)


def _twiml(text: str) -> Response:
    return Response(text, media_type="text/xml")
