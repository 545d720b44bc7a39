"""Reading scenario files: every mistake with its line, its column, and what was probably meant."""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from qa.scenario.days import PARTS
from qa.scenario.form import Scenario
from shop.textyaml import TextLoader

FOLDER = Path(__file__).parent.parent / "scenarios"
SCHEMA_FILE = FOLDER / "schema.json"
OTHER_NAMES = (
    *("number", "area", "exchange", "line", "keys", "phone"),
    *("folder", "customer_id", "vehicle_id", "appointment_id"),
)
"""What braces may hold beside named days: the caller's phone number as spoken, whole and in its
three parts, as keyed and in E.164; a fresh folder; ids on file."""

_BRACES = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?\}")
_LARGEST_FILE_BYTES = 100_000


class ScenarioError(Exception):
    """A scenario file that cannot be used; the message lists every mistake with its place."""


def load(path: Path) -> Scenario:
    """Read one scenario. Raises ScenarioError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ScenarioError(f"{path}: cannot be read: {exc}") from exc
    if len(text) > _LARGEST_FILE_BYTES:
        raise ScenarioError(f"{path}: is too large for a scenario")
    try:
        root = yaml.compose(text, TextLoader)
        data = yaml.load(text, TextLoader)  # noqa: S506 - every value stays text
    except yaml.MarkedYAMLError as exc:
        raise ScenarioError(f"{_place(path, exc.problem_mark)}: {exc.problem}") from exc
    if not isinstance(root, yaml.MappingNode):
        raise ScenarioError(f"{path}:1:1: is empty; a scenario begins with `proves:`")
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as exc:
        problems = [_problem(path, root, dict(error)) for error in exc.errors()]
        raise ScenarioError("\n".join(problems)) from exc
    problems = list(_unknown_names(path, root, scenario))
    if problems:
        raise ScenarioError("\n".join(problems))
    return scenario


def find(names: Sequence[str]) -> list[Path]:
    """Return the files of scenarios given by name, file or folder; all of the library for none.

    Raises ScenarioError for one that is not there, with the nearest names.
    """
    if not names:
        return sorted(FOLDER.glob("*.yaml"))
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            found += sorted(path.glob("*.yaml"))
        elif path.is_file():
            found.append(path)
        elif (FOLDER / f"{name}.yaml").is_file():
            found.append(FOLDER / f"{name}.yaml")
        else:
            raise ScenarioError(f"no scenario {name!r}{_meant(name, _library())}")
    return found


def schema() -> str:
    """Return the JSON schema of scenario files, for editors."""
    return json.dumps(Scenario.model_json_schema(), indent=1) + "\n"


def _library() -> list[str]:
    return [path.stem for path in FOLDER.glob("*.yaml")]


def _place(path: Path, mark: "yaml.Mark | None") -> str:
    return f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)


def _meant(word: str, words: Sequence[str]) -> str:
    close = get_close_matches(word, words, 1, 0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


def _problem(path: Path, root: yaml.MappingNode, error: dict[str, Any]) -> str:
    where: tuple[str | int, ...] = error["loc"]
    node, at_key = _node(root, where)
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = _fields(Scenario, where[:-1])
        said = f'"{where[-1]}" is not known here{_meant(str(where[-1]), known)}'
        node = at_key or node
    elif error["type"] == "missing":
        said = f'"{where[-1]}" is missing'
    elif error["type"] == "literal_error":
        said += _meant(str(error["input"]), re.findall("'([^']+)'", said))
    name = ".".join(str(part) for part in where if part != "[key]")
    return f"{_place(path, node.start_mark)}: {name + ': ' if name else ''}{said}"


def _node(root: yaml.Node, where: Sequence[str | int]) -> tuple[yaml.Node, yaml.Node | None]:
    """Find the node that a pydantic location means, as deep as it goes, and its key."""
    node, at_key = root, None
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                break
            at_key, node = pair
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            at_key, node = None, node.value[part]
    return node, at_key


def _fields(model: type[BaseModel], where: Sequence[str | int]) -> list[str]:
    """Name the fields that are known at a place."""
    for part in where:
        field = model.model_fields.get(str(part))
        inner = next(iter(_models(field.annotation)), None) if field else None
        model = inner or model
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _unknown_names(path: Path, node: yaml.Node, scenario: Scenario) -> Iterator[str]:
    """Find braces that name neither a day of the scenario nor anything else."""
    if isinstance(node, yaml.ScalarNode):
        names = [*scenario.days, *OTHER_NAMES]
        for name, part in _BRACES.findall(node.value):
            if name not in names:
                yield f'{_place(path, node.start_mark)}: "{{{name}}}" names no day of this ' + (
                    f"scenario{_meant(name, names)}"
                )
            elif part and part not in PARTS:
                yield f'{_place(path, node.start_mark)}: a day has no "{part}"' + _meant(
                    part, PARTS
                )
        return
    for child in node.value:
        for one in child if isinstance(child, tuple) else (child,):
            yield from _unknown_names(path, one, scenario)
