"""A closed surface whose faces have the names of body parts, and its division into closed parts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float, Int, Shaped
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Pair = tuple[int, int]
Edges = Int[np.ndarray, "_ 2"]
# Groups of points where parts meet: more than any sensible labelling has. Beyond it, the best two are not searched for.
MANY = 50


@dataclass(frozen=True)
class LabelledMesh:
    """A watertight mesh of a person who stands upright and faces +x, with the soles at z = 0.

    Attributes:
        vertices: Vertices, m, Z up.
        faces: Indices of each face's vertices, counter-clockwise as seen from outside.
        face_part: Each face's part: the name of one of the humanoid's bodies, or "torso".
        joints: Known joint centres by our joints' names, m.
    """

    vertices: Float[np.ndarray, "V 3"]
    faces: Int[np.ndarray, "F 3"]
    face_part: Shaped[np.ndarray, "F"]
    joints: dict[str, Float[np.ndarray, "3"]]

    @property
    def stature(self) -> float:
        """Height, m."""
        return float(np.ptp(self.vertices[:, 2]))

    def border_center(self, parts: set[str]) -> Float[np.ndarray, "3"] | None:
        """Return the centroid of the line between `parts` and the other parts, m, or None if they do not meet."""
        inside = np.isin(self.face_part, list(parts)).astype(int)
        borders = _borders(self.faces, inside)
        return _centroid(self.vertices, borders[0, 1]) if borders else None

    def points_of(self, *parts: str) -> Float[np.ndarray, "P 3"]:
        """Return the vertices of some parts, m."""
        return self.vertices[np.unique(self.faces[np.isin(self.face_part, parts)])]

    def center_of(self, part: str) -> Float[np.ndarray, "3"]:
        """Return the centroid of a part's surface, m."""
        triangles = self.vertices[self.faces[self.face_part == part]]
        area = np.linalg.norm(np.cross(*np.diff(triangles, axis=1).swapaxes(0, 1)), axis=1)
        return area @ triangles.mean(axis=1) / area.sum()


def cut(
    mesh: LabelledMesh,
    part: tuple[str, ...],
    point: Float[np.ndarray, "3"],
    normal: Float[np.ndarray, "3"],
    *,
    below: str,
    above: str,
) -> LabelledMesh:
    """Cut parts of a mesh by a plane, and name the faces on either side.

    The plane divides every face that it crosses, also of other parts, so that the mesh stays watertight.

    Args:
        mesh: The mesh.
        part: The parts to cut.
        point: A point of the plane, m.
        normal: The plane's normal.
        below: New name of the parts' faces behind the plane.
        above: New name of the parts' faces on the side of the normal.
    """
    height = (mesh.vertices - point) @ normal
    height[np.abs(height) < 1e-9 * np.ptp(mesh.vertices)] = 0.0  # points on the plane: nothing to cut there
    side = np.sign(height)[mesh.faces]
    crossed = (side.min(axis=1) < 0) & (side.max(axis=1) > 0)
    vertices = list(mesh.vertices)
    on_plane: dict[frozenset[int], int] = {}  # from an edge to the vertex where the plane crosses it

    def crossing(a: int, b: int) -> int:
        edge = frozenset((a, b))
        if edge not in on_plane:
            low, high = sorted((a, b))  # in one order, so that both faces get the same rounding
            share = height[low] / (height[low] - height[high])
            on_plane[edge] = len(vertices)
            vertices.append((1 - share) * mesh.vertices[low] + share * mesh.vertices[high])
        return on_plane[edge]

    new_faces, old_face, is_above = [], [], []
    for face in np.flatnonzero(crossed):
        halves: dict[bool, list[int]] = {False: [], True: []}
        a_b_c = mesh.faces[face].tolist()
        for a, b in zip(a_b_c, a_b_c[1:] + a_b_c[:1], strict=True):
            for half in halves:
                if height[a] == 0 or (height[a] > 0) == half:
                    halves[half].append(a)
            if height[a] * height[b] < 0:
                for half in halves:
                    halves[half].append(crossing(a, b))
        for half, polygon in halves.items():
            fan = [(polygon[0], *rest) for rest in pairwise(polygon[1:])]
            new_faces += fan
            old_face += [face] * len(fan)
            is_above += [half] * len(fan)

    whole = np.flatnonzero(~crossed)
    old = np.concatenate([whole, np.array(old_face, int)])
    upper = np.concatenate([side[whole].sum(axis=1) > 0, np.array(is_above, bool)])
    name = mesh.face_part[old].astype(object)
    ours = np.isin(mesh.face_part[old], part)
    name[ours] = np.where(upper[ours], above, below)
    return replace(
        mesh,
        vertices=np.array(vertices),
        faces=np.concatenate([mesh.faces[whole], np.array(new_faces, int).reshape(-1, 3)]),
        face_part=name.astype(str),
    )


def closed_parts(mesh: LabelledMesh) -> dict[str, Float[np.ndarray, "_ 3 3"]]:
    """Return the triangles of each part, m, closed by caps over its borders.

    Two neighbours share their cap, so that the volumes of the parts add up to the volume of the mesh.
    """
    names, code = np.unique(mesh.face_part, return_inverse=True)
    triangles = [[mesh.vertices[mesh.faces[code == part]]] for part in range(len(names))]
    for (one, other), cap in _caps(mesh.vertices, _borders(mesh.faces, code)):
        triangles[one].append(cap)
        triangles[other].append(cap[:, ::-1])
    return {str(name): np.concatenate(each) for name, each in zip(names, triangles, strict=True)}


def _borders(faces: Int[np.ndarray, "F 3"], code: Int[np.ndarray, "F"]) -> dict[Pair, Edges]:
    """Return the edges between every two parts that meet, along the first part's faces.

    Keys are the numbers of the two parts, the smaller one first.
    """
    edges = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    of = np.repeat(code, 3)
    count = int(faces.max()) + 1
    key, twin_key = edges @ [count, 1], edges @ [1, count]
    order = np.argsort(key)
    across = of[order[np.searchsorted(key, twin_key, sorter=order)]]
    found: dict[Pair, Edges] = {}
    for one, other in np.unique(np.stack([of, across])[:, of < across], axis=1).T.tolist():
        found[one, other] = edges[(of == one) & (across == other)]
    return found


def _caps(
    vertices: Float[np.ndarray, "V 3"], borders: dict[Pair, Edges]
) -> Iterator[tuple[Pair, Float[np.ndarray, "_ 3 3"]]]:
    """Yield for every two parts that meet the triangles that close the first part. They face out of it.

    A border is a loop, or a line between two points where three or more parts meet. At such a point the caps of all
    these parts meet in a seam, which runs straight through the inside to a hub. The hub is in the middle of the points
    that share it: as a rule two, between which the parts touch along a line inside. A fan from its centroid closes each
    loop.
    """
    surplus = {pair: _surplus(edges) for pair, edges in borders.items()}
    hub, hubs = _hubs(vertices, surplus)
    points = np.concatenate([vertices, hubs])
    for pair, edges in borders.items():
        seams = [
            seam
            for vertex, count in surplus[pair].items()
            for seam in [(vertex, hub[vertex]) if count > 0 else (hub[vertex], vertex)] * abs(count)
        ]
        loops = np.concatenate([edges, np.array(seams, int).reshape(-1, 2)])
        for loop in _connected(loops):
            corners = points[loop[:, ::-1]]
            apex = np.broadcast_to(_centroid(points, loop), (len(loop), 1, 3))
            yield pair, np.concatenate([corners, apex], axis=1)


def _surplus(edges: Edges) -> dict[int, int]:
    """Return how many more edges end in a vertex than begin there, for the vertices at the ends of lines."""
    vertex, index = np.unique(edges, return_inverse=True)
    count = np.zeros(len(vertex), int)
    np.add.at(count, index.reshape(edges.shape)[:, 1], 1)
    np.subtract.at(count, index.reshape(edges.shape)[:, 0], 1)
    return {int(v): int(n) for v, n in zip(vertex, count, strict=True) if n}


def _hubs(
    vertices: Float[np.ndarray, "V 3"], surplus: dict[Pair, dict[int, int]]
) -> tuple[dict[int, int], Float[np.ndarray, "H 3"]]:
    """Return the hub of each line's end, and the places of the hubs.

    Seams of line ends meet at hubs. Hubs are numbered on from the vertices. Ends that share three parts share a hub.
    Among the ends of a hub, lines must begin as often as they end: otherwise its seams stay open. Hubs that break this
    rule are joined in pairs, first the pairs that share most parts and are nearest.
    """
    ends = sorted({vertex for of_pair in surplus.values() for vertex in of_pair})
    if not ends:
        return {}, np.zeros((0, 3))
    flow = np.array([[of_pair.get(end, 0) for of_pair in surplus.values()] for end in ends])
    belongs = np.zeros((len(surplus), 1 + max(part for pair in surplus for part in pair)), int)
    for row, pair in zip(belongs, surplus, strict=True):
        row[list(pair)] = 1
    meets = (flow != 0) @ belongs > 0
    _, label = connected_components(coo_array(meets.astype(int) @ meets.T >= 3), directed=False)
    groups = [np.flatnonzero(label == each) for each in np.unique(label)]

    def place(group: Int[np.ndarray, "_"]) -> Float[np.ndarray, "3"]:
        return vertices[np.array(ends)[group]].mean(axis=0)

    def apart(one: int, other: int) -> tuple[int, float]:
        shared = int((meets[groups[one]].any(axis=0) & meets[groups[other]].any(axis=0)).sum())
        return -shared, float(np.linalg.norm(place(groups[one]) - place(groups[other])))

    while unequal := [index for index, group in enumerate(groups) if flow[group].sum(axis=0).any()]:
        pairs = combinations(unequal, 2)
        one, other = min(pairs, key=lambda pair: apart(*pair)) if len(unequal) < MANY else unequal[:2]
        groups[one] = np.concatenate([groups[one], groups.pop(other)])
    hub = {ends[end]: len(vertices) + index for index, group in enumerate(groups) for end in group}
    return hub, np.array([place(group) for group in groups])


def _connected(edges: Edges) -> list[Edges]:
    """Divide edges into connected groups."""
    _, index = np.unique(edges, return_inverse=True)
    start, end = index.reshape(edges.shape).T
    count = int(index.max()) + 1
    groups, group = connected_components(coo_array((np.ones(len(edges)), (start, end)), (count, count)), directed=False)
    return [edges[group[start] == each] for each in range(groups)]


def _centroid(points: Float[np.ndarray, "V 3"], edges: Edges) -> Float[np.ndarray, "3"]:
    """Return the centroid of a line of edges, weighted by their lengths."""
    start, end = points[edges[:, 0]], points[edges[:, 1]]
    length = np.linalg.norm(end - start, axis=1)
    return length @ (start + end) / (2 * length.sum())
