"""A stand-in for NHTSA vPIC: decodes the makers and years of common cars, and the cars it is told.

Makers by their first three characters (49 CFR 565), a few models by their first four or five; the
rest of the vendor's knowledge is not here and comes back empty, as the vendor does for what it
does not know. Errors are in the body; the status is 200 even for a VIN that is none.
"""

import asyncio
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.latency import Latency

Car = tuple[int, str, str]
"""Model year, make and model."""

_NOTE = (
    "Results returned successfully. NOTE: Any missing decoded values should be interpreted as "
    "NHTSA does not have data on the specific variable. Missing value should NOT be interpreted as "
    "an indication that a feature or technology is unavailable for a vehicle."
)
_ERRORS = {
    0: "0 - VIN decoded clean. Check Digit (9th position) is correct",
    1: "1 - Check Digit (9th position) does not calculate properly",
    6: "6 - Incomplete VIN",
    7: "7 - Manufacturer is not registered with NHTSA for sale or importation in the U.S. for use "
    "on U.S roads; Please contact the manufacturer directly for more information",
    8: "8 - No detailed data available currently",
    11: "11 - Incorrect Model Year - decoded data may not be accurate",
    400: "400 - Invalid Characters Present",
}
_MAKERS = {
    "ACURA": "19U JH4 5J8 5FR",
    "AUDI": "WAU WA1",
    "BMW": "WBA WBS WBX 5UX 5YM",
    "BUICK": "1G4 2G4 5GA KL4",
    "CADILLAC": "1G6 1GY",
    "CHEVROLET": "1G1 2G1 1GC 2GC 3GC 1GN 2GN 3GN KL1 KL7",
    "CHRYSLER": "1C3 2A4 2C4",
    "DODGE": "1B3 2B3 1D7 2D4 2C3",
    "FORD": "1FA 1FB 1FD 1FM 1FT 2FM 2FT 3FA 3FM MAJ NM0",
    "GMC": "1GT 2GT 3GT 1GK 2GK 3GK",
    "HONDA": "1HG 2HG 3HG JHM JHL 2HK 3CZ 5FN 5FP 5J6 5KB 7FA 19X SHH",
    "HYUNDAI": "KMH KM8 5NP 5NM",
    "INFINITI": "JNK JNR 5N3",
    "JEEP": "1C4 1J4 1J8 3C4",
    "KIA": "KNA KND 5XX 5XY 3KP",
    "LAND ROVER": "SAL",
    "LEXUS": "JTH JTJ 2T2 58A",
    "MAZDA": "JM1 JM3 3MZ 3MV 7MM",
    "MERCEDES-BENZ": "WDB WDC WDD 4JG 55S W1K W1N",
    "MITSUBISHI": "JA3 JA4 ML3",
    "NISSAN": "1N4 1N6 3N1 3N6 5N1 JN1 JN8",
    "PORSCHE": "WP0 WP1",
    "RAM": "1C6 3C6 3C7",
    "SUBARU": "JF1 JF2 4S3 4S4",
    "TESLA": "5YJ 7SA",
    "TOYOTA": "JTD JTE JTM JTN 2T1 2T3 3TM 3TY 4T1 4T3 5TD 5TF 5TE 5YF",
    "VOLKSWAGEN": "WVW WVG 1VW 1V2 3VW 3VV",
    "VOLVO": "YV1 YV4 7JR",
}
_MODELS = {
    "1HGCM": "Accord",
    "1HGCR": "Accord",
    "1HGCV": "Accord",
    "2HGFB": "Civic",
    "2HGFC": "Civic",
    "19XFC": "Civic",
    "2HKRM": "CR-V",
    "2HKRW": "CR-V",
    "5J6RM": "CR-V",
    "5J6RW": "CR-V",
    "7FARW": "CR-V",
    "2T1BU": "Corolla",
    "4T1B": "Camry",
    "3TM": "Tacoma",
    "3TY": "Tacoma",
    "1FTEW": "F-150",
    "1FTFW": "F-150",
    "1N4AL": "Altima",
    "5N1AT": "Rogue",
    "4S4B": "Outback",
    "JF2S": "Forester",
    "1C4RJ": "Grand Cherokee",
    "5YJ3": "Model 3",
    "5YJS": "Model S",
    "5YJY": "Model Y",
    "7SAY": "Model Y",
}
# The vendor sends some 150 fields, all strings; these are the ones that shops use.
_FIELD_NAMES = """
AdaptiveCruiseControl AirBagLocCurtain AirBagLocFront AirBagLocSide BodyClass BrakeSystemType
CurbWeightLB DisplacementCC DisplacementCI DisplacementL Doors DriveType ElectrificationLevel
EngineConfiguration EngineCylinders EngineHP EngineManufacturer EngineModel ErrorCode ErrorText
FuelTypePrimary FuelTypeSecondary GVWR Make MakeID Manufacturer ManufacturerId Model ModelID
ModelYear Note PlantCity PlantCompanyName PlantCountry PlantState PossibleValues SeatBeltsAll
Seats Series Series2 SteeringLocation SuggestedVIN TPMS TransmissionSpeeds TransmissionStyle
Trim Trim2 Turbo VIN ValveTrainDesign VehicleDescriptor VehicleType WheelBaseShort
WheelSizeFront WheelSizeRear Wheels Windows
"""
_FIELDS = tuple(_FIELD_NAMES.split())
_MAKER_OF = {code: maker for maker, codes in _MAKERS.items() for code in codes.split()}
_LETTERS = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_ALLOWED = frozenset("ABCDEFGHJKLMNPRSTUVWXYZ0123456789*")
_BATCH = 50


def router(*, latency: Latency | None = None, known: Mapping[str, Car] | None = None) -> APIRouter:
    """Build /api/vehicles/DecodeVinValues/{vin} and the batch form of it.

    `known` maps VINs to the car they are, whatever the tables here say.
    """
    decoder = _Decoder(
        latency or Latency(), {vin.upper(): car for vin, car in (known or {}).items()}
    )
    routes = APIRouter(prefix="/api/vehicles")
    routes.add_api_route("/DecodeVinValues/{vin}", decoder.one, methods=["GET"])
    for path in ("/DecodeVINValuesBatch/", "/DecodeVINValuesBatch"):
        routes.add_api_route(path, decoder.batch, methods=["POST"])
    return routes


class _Decoder:
    def __init__(self, latency: Latency, known: Mapping[str, Car]) -> None:
        self._latency = latency
        self._known = known

    async def one(self, request: Request, vin: str) -> Response:
        await self._delay()
        year = request.query_params.get("modelyear", "")
        result = decode(vin, self._known, year)
        return _envelope(
            [result], f"VIN(s): {vin}", request.query_params.get("format", "xml").lower()
        )

    async def batch(self, request: Request) -> Response:
        await self._delay()
        form = await request.form()
        entries = [entry for entry in str(form.get("data", "")).split(";") if entry.strip()]
        results = []
        for entry in entries[:_BATCH]:
            vin, _, year = entry.partition(",")
            results.append(decode(vin.strip(), self._known, year.strip()))
        return _envelope(results, "", str(form.get("format", "xml")).lower())

    async def _delay(self) -> None:
        delay_s = self._latency.sample_s("vin")
        if delay_s:
            await asyncio.sleep(delay_s)


def decode(vin: str, known: Mapping[str, Car], year: str = "") -> dict[str, str]:
    """Decode one VIN to the vendor's fields; what is wrong with it stands in ErrorCode."""
    vin = vin.upper()
    codes = _faults(vin)
    fields = dict.fromkeys(_FIELDS, "")
    if vin in known:
        decoded_year, make, model = known[vin]
        found = {"ModelYear": str(decoded_year), "Make": make.upper(), "Model": model}
    else:
        maker = _MAKER_OF.get(vin[:3], "")
        model = next((_MODELS[vin[:n]] for n in (5, 4, 3) if vin[:n] in _MODELS), "")
        found = {"ModelYear": _model_year(vin), "Make": maker, "Model": model}
        if not maker:
            codes.append(7)
        elif not model:
            codes.append(8)
    if year and found["ModelYear"] not in ("", year):
        codes.append(11)
    codes = codes or [0]
    return (
        fields
        | found
        | {
            "VIN": vin,
            "VehicleDescriptor": vin[:8] + "*" + vin[9:11] if len(vin) >= 11 else vin,
            "ErrorCode": ",".join(map(str, codes)),
            "ErrorText": "; ".join(_ERRORS[code] for code in codes),
        }
    )


def _faults(vin: str) -> list[int]:
    if len(vin) != 17 or "*" in vin:
        return [6] if set(vin) <= _ALLOWED else [6, 400]
    if not set(vin) <= _ALLOWED:
        return [1, 400]
    total = sum(
        int(_LETTERS.get(character, character)) * weight
        for character, weight in zip(vin, _WEIGHTS, strict=True)
    )
    return [] if vin[8] == "0123456789X"[total % 11] else [1]


def _model_year(vin: str) -> str:
    """Read the year's letter, whose cycle of 30 years is told by the seventh character."""
    if len(vin) < 10 or vin[9] not in _YEARS:
        return ""
    return str((2010 if vin[6].isalpha() else 1980) + _YEARS.index(vin[9]))


def _envelope(results: list[dict[str, str]], criteria: str, form: str) -> Response:
    if form == "json":
        body = {
            "Count": len(results),
            "Message": _NOTE,
            "SearchCriteria": criteria,
            "Results": results,
        }
        return JSONResponse(body)
    root = ET.Element("Response")
    ET.SubElement(root, "Count").text = str(len(results))
    ET.SubElement(root, "Message").text = _NOTE
    listed = ET.SubElement(root, "Results")
    for result in results:
        values = ET.SubElement(listed, "DecodedVINValues")
        for name, value in result.items():
            ET.SubElement(values, name).text = value
    ET.SubElement(root, "SearchCriteria").text = criteria
    return Response(ET.tostring(root), media_type="application/xml")
