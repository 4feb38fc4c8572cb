"""The platform as a picture: what it consists of, in what order it comes, who calls whom."""

from dharma.graph.model import VIEWS, Arrow, Box, Graph, Panel, View, graph_of
from dharma.graph.svg import svg
from dharma.graph.text import as_dict, dot, mermaid

__all__ = ["VIEWS", "Arrow", "Box", "Graph", "Panel", "View", "as_dict", "dot", "graph_of", "mermaid", "svg"]
