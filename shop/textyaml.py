"""YAML read with every value as text, without references and without repeated keys."""

from typing import Any

import yaml


class TextLoader(yaml.BaseLoader):
    """YAML in which every scalar stays text.

    Otherwise 17:00 is the number 1020, +15035550199 loses its plus and NO is a boolean.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse references, which can make a small file huge, before building a node."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # untyped in the stubs
            raise yaml.composer.ComposerError(
                None, None, "references (*) are not used here", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse keys that are given twice or are not words, then build the mapping."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is not a word", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'"{key.value[:40]}" is given twice', key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
