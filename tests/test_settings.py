"""Settings are read once and complained about all at once."""

from pathlib import Path

import pytest

import settings
from settings import Settings, SettingsError, StoreSettings, load

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Start from no settings at all, in a folder without a `.env`."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complete(folder: Path) -> dict[str, str]:
    """Return the settings a server cannot do without."""
    credentials = folder / "credentials.json"
    credentials.write_text("{}")
    return {
        "PUBLIC_URL": "https://phone.example.com/",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_PHONE_NUMBER": "+15035550100",
        "DEEPGRAM_API_KEY": "dg",
        "OPENAI_API_KEY": "oa",
        "DATABASE_URL": "postgresql://localhost/bayline",
        "REDIS_URL": "redis://localhost:6379/0",
        "GOOGLE_CALENDAR_ID": "shop@example.com",
        "GOOGLE_CREDENTIALS_PATH": str(credentials),
    }


def test_everything_missing_is_named_at_once() -> None:
    """An empty environment yields one message with every required name."""
    with pytest.raises(SettingsError) as caught:
        load(Settings)
    required = [name for name, field in Settings.model_fields.items() if field.is_required()]
    assert len(required) == 10
    for name in required:
        assert f"missing    {name.upper()}" in str(caught.value)


def test_missing_and_malformed_stand_in_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is absent and what is wrong are reported together, without showing any secret."""
    values = complete(tmp_path) | {
        "PORT": "80000",
        "PUBLIC_URL": "phone.example.com",
        "TWILIO_PHONE_NUMBER": "503 555 0100",
        "GOOGLE_CREDENTIALS_PATH": "/nowhere/credentials.json",
        "DATABASE_URL": "mysql://root:hunter2@localhost/bayline",
    }
    del values["OPENAI_API_KEY"]
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(Settings)
    message = str(caught.value)
    assert "missing    OPENAI_API_KEY" in message
    for name in (
        "PORT", "PUBLIC_URL", "TWILIO_PHONE_NUMBER", "GOOGLE_CREDENTIALS_PATH", "DATABASE_URL",
    ):  # fmt: skip
        assert f"malformed  {name}: " in message
    assert "hunter2" not in message


def test_complete_settings_load_with_their_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The documented defaults hold, blank values count as absent, and a trailing slash goes."""
    for name, value in complete(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("YOUR_TEST_NUMBER", "")
    loaded = load(Settings)
    assert loaded.public_url == "https://phone.example.com"
    assert (loaded.host, loaded.port, loaded.workers) == ("0.0.0.0", 8000, 1)
    assert loaded.deepgram_base_url == "wss://api.deepgram.com"
    assert loaded.openai_model == "gpt-4o"
    assert loaded.max_calls == 100
    assert loaded.your_test_number is None
    assert loaded.shop_file == settings.EXAMPLE_SHOP_FILE


def test_secrets_are_not_shown() -> None:
    """The repr of settings holds no key, token or database password."""
    shown = repr(StoreSettings(database_url="postgresql://u:hunter2@localhost/b"))
    assert "hunter2" not in shown


def test_a_pool_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A minimum above the maximum is reported with both names."""
    for name, value in complete(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_POOL_MIN", "70")
    with pytest.raises(SettingsError, match="DATABASE_POOL_MIN must not be larger"):
        load(Settings)


def test_recordings_need_a_folder_that_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No call is recorded by default; a folder that is missing is named at the start."""
    for name, value in complete(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert load(Settings).recordings_path is None
    monkeypatch.setenv("RECORDINGS_PATH", str(tmp_path))
    assert load(Settings).recordings_path == tmp_path
    monkeypatch.setenv("RECORDINGS_PATH", str(tmp_path / "gone"))
    with pytest.raises(SettingsError, match="RECORDINGS_PATH: names a folder that is not there"):
        load(Settings)
