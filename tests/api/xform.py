"""An XForm as pyxform makes it, run by lxml: which questions are relevant, and which answers a constraint takes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lxml import etree

XF = "{http://www.w3.org/2002/xforms}"


def _selected(_context: Any, nodes: Any, code: str) -> bool:
    told = nodes if isinstance(nodes, str) else (nodes[0].text or "") if nodes else ""
    return code in told.split()


def _date(_context: Any, told: str) -> float:
    """Return a day as the number of days: so ODK compares days (docs.getodk.org, form logic)."""
    return float(date.fromisoformat(told).toordinal())


_functions = etree.FunctionNamespace(None)
_functions["selected"] = _selected
_functions["date"] = _date

Filled = Mapping[str, str | list[Mapping[str, str]]]
"""Texts by the name of a question; of a repeat, a list with those of each instance."""


Spot = tuple[str, int]
"""The name of a question, and in which instance of a repeat it is (0 for the first, and outside one)."""


def _spot(node: Any) -> Spot:
    above = node.getparent()
    return str(node.tag), 0 if above is None else sum(1 for one in above.itersiblings(above.tag, preceding=True))


class XForm:
    """The binds of a form by the path of what they bind."""

    def __init__(self, told: str) -> None:
        root = etree.fromstring(told.encode())
        self.binds = {bind.get("nodeset", ""): bind for bind in root.iter(f"{XF}bind")}
        model = root.find(f".//{XF}instance")
        assert model is not None
        self.data = model[0]

    def ignore(self, name: str, attribute: str) -> None:
        """Take away what a bind says, for the question of that name."""
        for path, bind in self.binds.items():
            if path.rpartition("/")[2] == name:
                bind.attrib.pop(attribute, None)

    def settled(self, filled: Filled) -> tuple[dict[Spot, str], set[Spot]]:
        """Return the answers that are left when those to what is not relevant are gone, and what is open and put."""
        data = self._instance(filled)
        leaves = [node for node in data.iter() if not len(node) and node is not data]
        given = {node: node.text for node in leaves}
        hidden: set[Any] = set()
        # An answer that is hidden may have hidden others: all is looked at again until nothing changes.
        for _ in range(len(self.binds) + 1):
            for node in leaves:
                node.text = None if node in hidden else given[node]
            gone = [node for path in self.binds for node in data.xpath(path) if not self._relevant(path, node)]
            hidden = {inner for node in gone for inner in node.iter() if not len(inner)}
        told = {_spot(node): node.text for node in leaves if node.text}
        return told, {_spot(node) for node in leaves if not node.text and node not in hidden}

    def _relevant(self, path: str, node: Any) -> bool:
        told = self.binds[path].get("relevant")
        return told is None or bool(node.xpath(f"boolean({told})"))

    def required(self, name: str) -> bool:
        """Tell whether a question must be answered."""
        return bool(self._bind(name).get("required") == "true()")

    def takes(self, name: str, answer: str) -> bool:
        """Tell whether the constraint of a question takes an answer."""
        told = self._bind(name).get("constraint")
        node = etree.Element("q")
        node.text = answer
        return told is None or bool(node.xpath(f"boolean({told})"))

    def _bind(self, name: str) -> Any:
        return next(bind for path, bind in self.binds.items() if path.rpartition("/")[2] == name)

    def _instance(self, filled: Filled) -> Any:
        data = etree.Element("data")
        _fill(data, self.data, filled)
        return data


def _fill(to: Any, of: Any, filled: Mapping[str, Any]) -> None:
    """Copy the nodes of an instance, with answers in them; a repeat as often as it is answered."""
    for node in of:
        name = etree.QName(node).localname
        if node.attrib or name == "meta":  # the template of a repeat
            continue
        several = filled.get(name, []) if name.startswith("repeat") and len(node) else [filled]
        for one in several:
            made = etree.SubElement(to, name)
            if len(node):
                _fill(made, node, one)
            else:
                made.text = one.get(name)
