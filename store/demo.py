"""A shop's people, cars and week for demonstrations, laid around the day it is asked for."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import psycopg

from shop.clock import from_shop, to_shop
from shop.shopfile import Service, Shop
from shop.vin import check_digit_holds

DEMO_CALLER_PHONE = "+15035550142"
FREE_WEEKDAY = 1
FREE_AT = time(14)
"""Next Tuesday at two one bay is free, whatever else is full."""


@dataclass(frozen=True, slots=True)
class _Car:
    year: int
    make: str
    model: str
    plate: str
    vin: str = ""
    """Without its check digit: an underscore stands in the ninth place."""


@dataclass(frozen=True, slots=True)
class _Person:
    first: str
    last: str
    phone: str
    email: str | None
    cars: tuple[_Car, ...]


_PEOPLE = (
    _Person(
        "Dana", "Whitfield", DEMO_CALLER_PHONE, "dana.whitfield@example.com",
        (
            _Car(2019, "Honda", "CR-V", "7KLM204", "2HKRW2H8_KH612204"),
            _Car(2015, "Toyota", "Tacoma", "412RTP", "5TFSX4EN_FX031942"),
        ),
    ),
    _Person(
        "Marcus", "Oyelaran", "+15035550117", "marcus.oyelaran@example.com",
        (
            _Car(2021, "Ford", "F-150", "918HJC", "1FTFW1E8_MFA43117"),
            _Car(2012, "Honda", "Civic", "233FQW", "2HGFB2F5_CH519844"),
        ),
    ),
    _Person(
        "Priya", "Raman", "+15035550123", "priya.raman@example.com",
        (_Car(2020, "Subaru", "Outback", "551KLD", "4S4BTAFC_L3187723"),),
    ),
    _Person(
        "Tom", "Lindqvist", "+15035550131", None,
        (
            _Car(2008, "Volvo", "V70", "807CXB", "YV1BW982_81352418"),
            _Car(2017, "Volvo", "XC90", "164LNE", "YV4A22PK_H1148390"),
        ),
    ),
    _Person(
        "Keisha", "Barnes", "+15035550138", "kbarnes@example.com",
        (_Car(2018, "Nissan", "Rogue", "390GTM", "KNMAT2MV_JP586001"),),
    ),
    _Person(
        "Luis", "Hernandez", "+15035550146", "luis.h@example.com",
        (
            _Car(2016, "Chevrolet", "Silverado 1500", "605DRN", "3GCUKREC_GG274455"),
            _Car(2022, "Toyota", "RAV4", "742MVA", "2T3W1RFV_NC183320"),
        ),
    ),
    _Person(
        "Hannah", "Weiss", "+15035550154", "hannah.weiss@example.com",
        (_Car(2014, "Volkswagen", "Jetta", "288EYS", "3VWD17AJ_EM402691"),),
    ),
    _Person(
        "Gene", "Takahashi", "+15035550159", None,
        (
            _Car(2011, "Toyota", "Camry", "476BFG", "4T1BF3EK_BU658130"),
            _Car(2005, "Ford", "Ranger", "119ZKE", "1FTYR14U_5PA23977"),
        ),
    ),
    _Person(
        "Sofia", "Marchetti", "+15035550163", "sofia.marchetti@example.com",
        (_Car(2023, "Hyundai", "Tucson", "856NPL", "5NMJCCAE_PH241168"),),
    ),
    _Person(
        "Andre", "Fontaine", "+15035550170", "andre@example.com",
        (
            _Car(2019, "Jeep", "Wrangler", "327JQH", "1C4HJXDG_KW558012"),
            _Car(2013, "BMW", "328i", "940DWB", "WBA3A5C5_DF601385"),
        ),
    ),
    _Person(
        "Ruth", "Abernathy", "+15035550178", "ruth.abernathy@example.com",
        (_Car(2010, "Buick", "Enclave", "561AHT", "5GALRBED_AJ207743"),),
    ),
    _Person(
        "Wei", "Zhang", "+15035550185", "wei.zhang@example.com",
        (
            _Car(2020, "Tesla", "Model 3", "683MDS", "5YJ3E1EA_LF719024"),
            _Car(2017, "Mazda", "CX-5", "215KRV", "JM3KFBDL_H0126658"),
        ),
    ),
    _Person(
        "Carol", "Jensen", "+15035550191", None,
        (_Car(2006, "Toyota", "Corolla", "734YNC", "1NXBR32E_6Z743189"),),
    ),
)  # fmt: skip

_WEEK = (
    # Hours at which visits begin, on the first bay and on the second; by day of the week.
    ((9, 10, 13, 15), (9, 11, 14)),
    ((9, 10, 11, 13, 14, 16), (9, 10, 13)),
    ((9, 11, 13, 14), (10, 15)),
    ((9, 10, 13, 15, 16), (9, 11, 13, 16)),
    ((9, 10, 11, 13, 14), (9, 10, 14, 15)),
    ((9, 11), (10,)),
    ((), ()),
)
_NOTES = {3: "Waiting in the shop", 7: "Squeaks when cold", 11: "Needs a ride home"}

_CUSTOMER = """
INSERT INTO customers (first_name, last_name, phone, email) VALUES (%s, %s, %s, %s)
ON CONFLICT (phone) DO NOTHING RETURNING id
"""
_VEHICLE = """
INSERT INTO vehicles (customer_id, year, make, model, vin, license_plate)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
"""
_OF = """
SELECT c.id, v.id FROM customers c JOIN vehicles v ON v.customer_id = c.id
WHERE c.phone = ANY(%s) AND c.phone <> %s ORDER BY v.id
"""
_VISIT = """
INSERT INTO appointments (customer_id, vehicle_id, service_type, scheduled_at, duration_minutes,
                          bay, notes, booking_key)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
"""
_ONE_FILLS = "SELECT pg_advisory_xact_lock(7311905)"
_VIN_ALPHABET = "0123456789X"


def fill(conn: psycopg.Connection, shop: Shop, now: datetime) -> str:
    """Put the demonstration shop on file, once, and its week from the day of `now` on.

    Running it again on the same day adds nothing; on a later day it adds the days since. Returns
    one line for the operator.
    """
    with conn.transaction():
        conn.execute(_ONE_FILLS)
        people = sum(_put_person(conn, person) for person in _PEOPLE)
        phones = [person.phone for person in _PEOPLE]
        cars = conn.execute(_OF, [phones, DEMO_CALLER_PHONE]).fetchall()
        visits = _fill_days(conn, shop, now, [(int(one), int(car)) for one, car in cars])
    return f"demonstration data: {people} customers and {visits} visits added"


def next_free_slot(shop: Shop, now: datetime) -> datetime:
    """Return next Tuesday at two as an instant: free on one bay in the demonstration week.

    On a Tuesday it is the one a week later.
    """
    today = to_shop(now, shop.zone).date()
    ahead = (FREE_WEEKDAY - today.weekday() - 1) % 7 + 1
    return from_shop(datetime.combine(today + timedelta(days=ahead), FREE_AT), shop.zone)


def _put_person(conn: psycopg.Connection, person: _Person) -> int:
    row = conn.execute(
        _CUSTOMER, [person.first, person.last, person.phone, person.email]
    ).fetchone()
    if row is None:
        return 0
    for car in person.cars:
        vin = _with_check_digit(car.vin)
        conn.execute(_VEHICLE, [row[0], car.year, car.make, car.model, vin, car.plate])
    return 1


def _fill_days(
    conn: psycopg.Connection, shop: Shop, now: datetime, cars: list[tuple[int, int]]
) -> int:
    today = to_shop(now, shop.zone).date()
    added = 0
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        opens = shop.hours_on(day)
        if opens is None:
            continue
        for bay, hours in enumerate(_WEEK[day.weekday()], 1):
            for hour in hours:
                if bay > shop.bays or not opens[0].hour <= hour < opens[1].hour:
                    continue
                # Which car and which work follow from the date, so that every run agrees.
                turn = day.toordinal() * 7 + hour * 3 + bay
                added += _put_visit(conn, shop, (day, hour, bay), cars[turn % len(cars)], turn)
    return added


def _put_visit(
    conn: psycopg.Connection,
    shop: Shop,
    place: tuple[date, int, int],
    car: tuple[int, int],
    turn: int,
) -> int:
    day, hour, bay = place
    hourly: list[Service] = [one for one in shop.services if one.duration_minutes <= 60]
    service = hourly[turn % len(hourly)]
    row = conn.execute(
        _VISIT,
        [
            *(car[0], car[1], service.code),
            from_shop(datetime.combine(day, time(hour)), shop.zone),
            *(service.duration_minutes, bay, _NOTES.get(turn % 13)),
            f"demo:{day}:{hour}:{bay}",
        ],
    ).fetchone()
    return 1 if row else 0


def _with_check_digit(vin: str) -> str:
    return next(
        whole for digit in _VIN_ALPHABET if check_digit_holds(whole := vin.replace("_", digit))
    )
