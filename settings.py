"""Everything that differs between machines, read once from the environment, checked as a whole."""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

EXAMPLE_SHOP_FILE = Path(__file__).parent / "shop" / "example.yaml"


class SettingsError(Exception):
    """Some settings are missing or malformed; the message lists every one of them."""


def _url(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in schemes or not parts.netloc:
            raise ValueError(f"must be an address that starts with {' or '.join(schemes)}://")
        return value.rstrip("/")

    return AfterValidator(check)


def _e164(value: str) -> str:
    digits = value.removeprefix("+")
    if not value.startswith("+") or not digits.isascii() or not digits.isdigit():
        raise ValueError("must be a phone number in E.164, such as +15035550100")
    if not 8 <= len(digits) <= 15 or digits.startswith("0"):
        raise ValueError("must be a phone number in E.164, such as +15035550100")
    return value


def _file(value: Path) -> Path:
    if not value.is_file():
        raise ValueError(f"names a file that is not there: {value}")
    return value


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError(f"names a folder that is not there: {value}")
    return value


HttpUrl = Annotated[str, _url("http", "https")]
PhoneNumber = Annotated[str, AfterValidator(_e164)]
Secret = Annotated[str, Field(min_length=1, repr=False)]
ExistingFile = Annotated[Path, AfterValidator(_file)]
ExistingFolder = Annotated[Path, AfterValidator(_folder)]


class StoreSettings(BaseSettings):
    """What `python -m store` needs: the database and the shop's file."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    database_url: Annotated[str, _url("postgresql", "postgres")] = Field(repr=False)
    shop_file: ExistingFile = EXAMPLE_SHOP_FILE


class Settings(StoreSettings):
    """All settings of the server and the reminder worker; see INTERFACES in `docs/`."""

    host: str = "0.0.0.0"  # noqa: S104 - a server in a container listens on every interface
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=256)
    public_url: HttpUrl

    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-zA-Z]+$")
    twilio_auth_token: Secret
    twilio_phone_number: PhoneNumber
    twilio_api_base_url: HttpUrl = "https://api.twilio.com"

    deepgram_api_key: Secret
    deepgram_base_url: Annotated[str, _url("ws", "wss", "http", "https")] = "wss://api.deepgram.com"
    deepgram_stt_model: str = Field(default="nova-2-phonecall", min_length=1)
    deepgram_tts_voice: str = Field(default="aura-2-asteria-en", min_length=1)

    openai_api_key: Secret
    openai_base_url: HttpUrl = "https://api.openai.com/v1"
    openai_model: str = Field(default="gpt-4o", min_length=1)

    redis_url: Annotated[str, _url("redis", "rediss")] = Field(repr=False)
    google_calendar_id: str = Field(min_length=1)
    google_credentials_path: ExistingFile
    google_api_base_url: HttpUrl = "https://www.googleapis.com"
    nhtsa_base_url: HttpUrl = "https://vpic.nhtsa.dot.gov/api"

    your_test_number: PhoneNumber | None = None
    max_calls: int = Field(default=100, ge=1, le=100_000)

    recordings_path: ExistingFolder | None = None
    """Where calls are recorded, one WAV file each; none are when this is not set."""

    softphone_url: HttpUrl | None = None
    """A page that phones in from a browser; the console links to it. Development only."""

    database_pool_min: int = Field(default=20, ge=1, le=1000)
    database_pool_max: int = Field(default=60, ge=1, le=1000)

    @property
    def language(self) -> Literal["en", "es"]:
        """What callers are spoken to in: Spanish with a Spanish voice (`aura-2-celeste-es`)."""
        return "es" if self.deepgram_tts_voice.endswith("-es") else "en"

    @model_validator(mode="after")
    def _models_of_one_language(self) -> Self:
        if self.language == "es" and self.deepgram_stt_model == "nova-2-phonecall":
            raise ValueError(
                "DEEPGRAM_STT_MODEL nova-2-phonecall hears English only; with the Spanish voice "
                "in DEEPGRAM_TTS_VOICE it must be another one, such as nova-3"
            )
        return self

    @model_validator(mode="after")
    def _pool_bounds(self) -> Self:
        if self.database_pool_min > self.database_pool_max:
            raise ValueError("DATABASE_POOL_MIN must not be larger than DATABASE_POOL_MAX")
        return self


S = TypeVar("S", bound=StoreSettings)


def load(kind: type[S]) -> S:
    """Read `kind` from the environment and `.env`.

    Raises SettingsError naming every missing and malformed setting at once.
    """
    try:
        return kind()
    except ValidationError as exc:
        raise SettingsError(_explain(exc)) from exc


def _explain(exc: ValidationError) -> str:
    missing, wrong = [], []
    for error in exc.errors(include_input=False, include_url=False):
        name = str(error["loc"][0]).upper() if error["loc"] else ""
        if error["type"] == "missing":
            missing.append(name)
        else:
            text = error["msg"].removeprefix("Value error, ")
            wrong.append(f"{name}: {text}" if name else text)
    lines = ["The settings are not complete. Set these in the environment or in .env "]
    lines[0] += "(.env.example explains each):"
    lines += [f"  missing    {name}" for name in missing]
    lines += [f"  malformed  {text}" for text in wrong]
    return "\n".join(lines)
