"""The phone server with a patience of its own, given as JSON in its one argument."""

import json
import sys

import uvicorn

from pipeline import log
from pipeline.telephony import MAX_MESSAGE_BYTES
from pipeline.turns import Patience
from server import build_app
from settings import Settings, load
from shop.shopfile import load_shop

if __name__ == "__main__":
    settings = load(Settings)
    log.configure()
    uvicorn.run(
        build_app(settings, load_shop(settings.shop_file), Patience(**json.loads(sys.argv[1]))),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
    )
