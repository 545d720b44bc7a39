"""The VIN decoder's envelope and what it says of good and bad VINs."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from sandbox.latency import Latency
from sandbox.nhtsa import router

pytestmark = pytest.mark.unit


@pytest.fixture
async def vpic() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a decoder that knows one car of the shop."""
    app = FastAPI()
    app.include_router(router(latency=Latency(), known={"1M8GDM9AXKP042788": (1989, "MCI", "MC9")}))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://vpic/api") as client:
        yield client


async def result(vpic: httpx.AsyncClient, vin: str, **query: str) -> dict[str, str]:
    """Decode one VIN."""
    answer = await vpic.get(f"/vehicles/DecodeVinValues/{vin}", params={"format": "json", **query})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["Count"], body["SearchCriteria"]) == (1, f"VIN(s): {vin}")
    first: dict[str, str] = body["Results"][0]
    assert all(isinstance(value, str) for value in first.values())
    return first


@pytest.mark.parametrize(
    ("vin", "expected"),
    [
        ("1HGCM82633A004352", ("2003", "HONDA", "Accord", "0")),
        ("5YJSA1DG9DFP14705", ("2013", "TESLA", "Model S", "0")),
        ("1M8GDM9AXKP042788", ("1989", "MCI", "MC9", "0")),
        ("11111111111111111", ("2001", "", "", "7")),
        ("1HGCM82643A004352", ("2003", "HONDA", "Accord", "1")),
        ("1HGCM8263", ("", "HONDA", "Accord", "6")),
        ("1HGCM82633A00435O", ("2003", "HONDA", "Accord", "1,400")),
        ("hello", ("", "", "", "6,400,7")),
    ],
)
async def test_vins_are_decoded_with_the_vendors_codes(
    vpic: httpx.AsyncClient, vin: str, expected: tuple[str, str, str, str]
) -> None:
    """Make, model and year where they are known, and every fault of the VIN in ErrorCode."""
    found = await result(vpic, vin)
    assert tuple(found[name] for name in ("ModelYear", "Make", "Model", "ErrorCode")) == expected


async def test_a_contradicting_model_year_is_reported(vpic: httpx.AsyncClient) -> None:
    """A given year that the VIN denies adds code 11."""
    found = await result(vpic, "1HGCM82633A004352", modelyear="2004")
    assert found["ErrorCode"] == "11"


async def test_the_batch_form_decodes_each_vin(vpic: httpx.AsyncClient) -> None:
    """VINs joined by semicolons, with years if wanted, come back in their order."""
    answer = await vpic.post(
        "/vehicles/DecodeVINValuesBatch/",
        data={"format": "json", "data": "1HGCM82633A004352,2003;5YJSA1DG9DFP14705"},
    )
    assert [car["Make"] for car in answer.json()["Results"]] == ["HONDA", "TESLA"]


async def test_without_a_format_the_answer_is_xml(vpic: httpx.AsyncClient) -> None:
    """As with the vendor, JSON comes only to who asks for it."""
    answer = await vpic.get("/vehicles/DecodeVinValues/1HGCM82633A004352")
    assert answer.headers["content-type"] == "application/xml"
    assert "<Make>HONDA</Make>" in answer.text
