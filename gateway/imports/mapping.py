"""How the columns of a file become fields: what the caller says, held against the file and the contract."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic import Field as Rule
from pydantic.alias_generators import to_camel

from gateway.imports.fields import Field, Type, fields_of
from gateway.imports.kinds import Kind
from services.kit.errors import Violated

INDEX = re.compile(r"\[([0-9]{1,3})]")
Step = str | int


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError("no such time zone") from None
    return name


class ColumnMap(BaseModel):
    """What the columns of a file are."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True)

    columns: dict[str, str | list[str]] = Rule(
        min_length=1,
        max_length=500,
        description="From the header of a column to the field, or the fields, that it fills.",
    )
    values: dict[str, dict[str, str]] = Rule(
        default={},
        max_length=100,
        description='By field: what stands in cells, and what it means. What means "" is missing.',
    )
    missing: list[str] = Rule(default=[], max_length=100, description="Texts that mean that a cell is empty.")
    defaults: dict[str, str] = Rule(
        default={},
        max_length=100,
        description="By field: what holds where no cell says otherwise. `currency` holds for all amounts.",
    )
    date_format: Literal["", "YMD", "MDY", "DMY"] = Rule(
        default="", description="The order of day and month in columns that leave it open."
    )
    zone: Annotated[str, AfterValidator(_known_zone)] = Rule(default="Asia/Shanghai", description="Where days begin.")
    rest: Literal["", "attributes"] = Rule(
        default="",
        description="What becomes of columns that are not mapped: nothing, or free attributes under their headers.",
    )
    key: str = Rule(default="", max_length=100, description="Tells sets of externalIds apart.")


@dataclass(frozen=True)
class Target:
    """A field that something is put into."""

    path: str
    """As the mapping names it."""
    field: Field
    place: tuple[Step, ...]
    """Where it stands in the item's JSON; numbers are places in lists."""
    column: int = -1
    """The column that fills it; -1 for a default."""
    default: str = ""

    @property
    def group(self) -> tuple[Step, ...]:
        """The object that it stands in."""
        return self.place[:-1]

    @property
    def json_path(self) -> str:
        """Where it stands, as services name it."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place)[1:]


@dataclass(frozen=True)
class Bound:
    """A mapping that fits its file."""

    columns: tuple[Target, ...]
    defaults: tuple[Target, ...]
    currency: str


def parsed(text: str) -> ColumnMap:
    """The mapping in a form's field. Refused: INVALID naming what is wrong with it."""
    try:
        return ColumnMap.model_validate_json(text)
    except ValidationError as error:
        raise Violated(*(_fault(one["loc"], one["msg"]) for one in error.errors())) from None


def bound(kind: Kind, given: ColumnMap, header: list[str]) -> Bound:
    """The mapping held against the file. Refused: INVALID naming every column, field and required field at fault."""
    faults: list[tuple[str, str, str]] = []
    places = {name: index for index, name in enumerate(header) if name}
    columns = []
    for name, paths in _columns(given, places):
        for path in [paths] if isinstance(paths, str) else paths:
            if name not in places:
                faults.append((f"columns.{name}", "the file has no such column", "文件中没有这一列"))
            elif isinstance(target := _target(kind, path, places[name]), Target):
                columns.append(target)
            else:
                faults.append((f"columns.{name}", *target))
    defaults = []
    for path, default in given.defaults.items():
        if path == "currency":
            continue
        if isinstance(target := _target(kind, path, -1, default), Target):
            defaults.append(target)
        else:
            faults.append((f"defaults.{path}", *target))
    faults += _unknown_values(kind, given)
    faults += _missing(kind, (*columns, *defaults))
    if faults:
        raise Violated(*faults)
    return Bound(tuple(columns), tuple(defaults), given.defaults.get("currency", ""))


def _columns(given: ColumnMap, places: Mapping[str, int]) -> Iterator[tuple[str, str | list[str]]]:
    yield from given.columns.items()
    if given.rest:
        yield from ((name, f"{given.rest}.{name}") for name in places if name not in given.columns)


def _target(kind: Kind, path: str, column: int, default: str = "") -> Target | tuple[str, str]:
    """The target of a path, or why there is none."""
    fields = fields_of(kind)
    field = fields.get(INDEX.sub("[n]", path))
    steps: list[Step] = [int(number) for number in INDEX.findall(path)]
    if field is None and (head := path.partition(".")[0] + ".*") in fields and (name := path.partition(".")[2]):
        field, steps = fields[head], [name]
    if field is None or "[n]" in path or path.endswith(".*"):
        near = difflib.get_close_matches(path, fields, 1)
        en, zh = f"there is no field {path}", f"没有字段 {path}"
        return (f"{en}; did you mean {near[0]}?", f"{zh}，是否为 {near[0]}？") if near else (en, zh)
    places = iter(steps)
    place = tuple(next(places) if step in ("[n]", "*") else step for step in field.place)
    return Target(path, field, place, column, default)


def _unknown_values(kind: Kind, given: ColumnMap) -> Iterator[tuple[str, str, str]]:
    for path in given.values:
        if not isinstance(target := _target(kind, path, -1), Target):
            yield (f"values.{path}", *target)


def _missing(kind: Kind, targets: tuple[Target, ...]) -> Iterator[tuple[str, str, str]]:
    """The required fields that nothing fills. A reference fills the field that it stands for."""
    filled = {target.place for target in targets}
    for field in fields_of(kind).values():
        if field.required and field.place not in filled:
            yield field.path, "is required: map a column to it", "必填，请映射一列"


def _fault(place: tuple[Step, ...], message: str) -> tuple[str, str, str]:
    return ".".join(["mapping", *map(str, place)]), message, message


def is_dated(target: Target) -> bool:
    """Whether the order of day and month matters to it."""
    return target.field.type in (Type.DATE, Type.TIME)
