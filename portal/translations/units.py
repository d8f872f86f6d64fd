from dataclasses import dataclass, field


@dataclass
class Unit:
    """One text on its way to a translator, or back."""

    id: str
    german: str
    translation: str = ""
    notes: list[str] = field(default_factory=list)
    to_check: bool = False  # there is a translation, but it may not be right any more
    still_right: bool = False  # … and somebody says it is
