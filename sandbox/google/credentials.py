"""Credential files as Google's tools write them, and the tokens that the stand-in hands out."""

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SCOPE = "https://www.googleapis.com/auth/calendar"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME_S = 3599


class TokenError(Exception):
    """A token was refused: `error` and `description` as the vendor writes them."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Tokens:
    """Access tokens in circulation. A refresh token is good when it begins with 1//."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expires_at_s: dict[str, float] = {}
        self.revoked_refresh_tokens: set[str] = set()

    def grant(self, form: Mapping[str, str]) -> dict[str, object]:
        """Answer a token request; raises TokenError."""
        kind = form.get("grant_type")
        if kind == "refresh_token":
            self._check_refresh_token(form)
        elif kind == JWT_BEARER:
            _check_assertion(form.get("assertion", ""))
        else:
            raise TokenError("unsupported_grant_type", f"Invalid grant_type: {kind}")
        token = "ya29." + secrets.token_urlsafe(48)
        self._expires_at_s[token] = self._clock() + _LIFETIME_S
        return {
            "access_token": token,
            "expires_in": _LIFETIME_S,
            "scope": SCOPE,
            "token_type": "Bearer",
        }

    def valid(self, authorization: str) -> bool:
        """Say whether a request's Authorization header carries a token that is still good."""
        kind, _, token = authorization.partition(" ")
        expires_at_s = self._expires_at_s.get(token, 0.0)
        return kind.lower() == "bearer" and self._clock() < expires_at_s

    def expire_all(self) -> None:
        """Make every access token stale, as after an hour."""
        self._expires_at_s.clear()

    def _check_refresh_token(self, form: Mapping[str, str]) -> None:
        if not form.get("client_id"):
            raise TokenError("invalid_request", "Could not determine client ID from request.")
        token = form.get("refresh_token", "")
        if not token.startswith("1//") or token in self.revoked_refresh_tokens:
            raise TokenError("invalid_grant", "Token has been expired or revoked.")


def _check_assertion(assertion: str) -> None:
    try:
        _, payload, signature = assertion.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError as exc:
        raise TokenError("invalid_grant", "Invalid JWT.") from exc
    if not signature or not isinstance(claims, dict) or not {"iss", "aud", "exp"} <= claims.keys():
        raise TokenError("invalid_grant", "Invalid JWT: iss, aud and exp are needed.")
    if claims["exp"] < time.time():
        raise TokenError("invalid_grant", "Invalid JWT: Token must be a short-lived token.")


def write_credentials(
    path: Path,
    token_uri: str,
    kind: Literal["authorized_user", "service_account"] = "authorized_user",
) -> None:
    """Write a credentials file whose tokens come from `token_uri`; readable by its owner only.

    A service account gets a fresh 2048-bit key, which takes a tenth of a second or so.
    """
    content: dict[str, Any]
    if kind == "authorized_user":
        content = {
            "type": "authorized_user",
            "client_id": "123456789012-sandbox.apps.googleusercontent.com",
            "client_secret": "GOCSPX-sandbox",
            "refresh_token": "1//sandbox-" + secrets.token_urlsafe(16),
            "token_uri": token_uri,
        }
    else:
        content = {
            "type": "service_account",
            "project_id": "bayline-sandbox",
            "private_key_id": secrets.token_hex(20),
            "private_key": _private_key(),
            "client_email": "bayline@bayline-sandbox.iam.gserviceaccount.com",
            "client_id": "100000000000000000001",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
