"""The console's front page: is this shop's phone line up."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

from store import Store
from store.errors import DatabaseUnavailable

routes = APIRouter()
_templates = Jinja2Templates(directory=Path(__file__).parent / "templates")

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@routes.get("/")
async def front_page(request: Request) -> Response:
    """Show the line's state. No caller appears here: this page asks nobody who they are."""
    board: Any = request.app.state.switchboard
    state = {
        "shop": board.shop,
        "calls": len(board.calls.records),
        "limit": board.calls.limit,
        "draining": board.calls.draining,
        "database": await _answers(board.store),
        "redis": await board.store.cache.ping(),
        "softphone_url": board.settings.softphone_url,
    }
    response = _templates.TemplateResponse(request, "front_page.html", state)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


async def _answers(store: Store) -> bool:
    try:
        await store.ping_database(1.0)
    except DatabaseUnavailable:
        return False
    return True
