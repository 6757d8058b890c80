"""A closed surface with a part's name on every face, and the solids into which it falls along the names' borders."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float, Int, Shaped
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Pair = tuple[int, int]
Edges = Int[np.ndarray, "_ 2"]
MANY = 50  # groups of points where parts meet, more than any sensible labelling has: no search for the best to join


@dataclass(frozen=True)
class LabelledMesh:
    """A watertight mesh of a person who stands upright, Z up, facing +x, the soles at z = 0, m.

    `vertices` (V, 3), `faces` (F, 3) counter-clockwise from outside, `face_part` (F,) the part's name: one of the
    humanoid's bodies, or "torso". `joints`: joint centres by our joints' names, m, as far as they are known.
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
        """Centroid of the line along which `parts` meet the other parts, m; None where they meet none."""
        inside = np.isin(self.face_part, list(parts)).astype(int)
        borders = _borders(self.faces, inside)
        return _centroid(self.vertices, borders[0, 1]) if borders else None

    def points_of(self, *parts: str) -> Float[np.ndarray, "P 3"]:
        """The vertices of some parts, m."""
        return self.vertices[np.unique(self.faces[np.isin(self.face_part, parts)])]

    def center_of(self, part: str) -> Float[np.ndarray, "3"]:
        """Centroid of the surface of a part, m."""
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
    """The mesh with new names for the faces of some parts, on either side of a plane.

    Faces that the plane crosses are divided, those of other parts too, so that the mesh stays watertight.
    """
    height = (mesh.vertices - point) @ normal
    height[np.abs(height) < 1e-9 * np.ptp(mesh.vertices)] = 0.0  # what lies on the plane is not cut once more
    side = np.sign(height)[mesh.faces]
    crossed = (side.min(axis=1) < 0) & (side.max(axis=1) > 0)
    vertices = list(mesh.vertices)
    on_plane: dict[frozenset[int], int] = {}  # edge -> the vertex where it crosses

    def crossing(a: int, b: int) -> int:
        edge = frozenset((a, b))
        if edge not in on_plane:
            low, high = sorted((a, b))  # the same arithmetic from both faces
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
    """The triangles of each part, m, closed by caps over its borders.

    Two neighbours share their cap, so that the parts' volumes add up to that of the whole.
    """
    names, code = np.unique(mesh.face_part, return_inverse=True)
    triangles = [[mesh.vertices[mesh.faces[code == part]]] for part in range(len(names))]
    for (one, other), cap in _caps(mesh.vertices, _borders(mesh.faces, code)):
        triangles[one].append(cap)
        triangles[other].append(cap[:, ::-1])
    return {str(name): np.concatenate(each) for name, each in zip(names, triangles, strict=True)}


def _borders(faces: Int[np.ndarray, "F 3"], code: Int[np.ndarray, "F"]) -> dict[Pair, Edges]:
    """For each two parts that meet, the smaller number first, the edges between them, along the first part's faces."""
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
    """For each two parts that meet, the triangles that close the first one, facing out of it.

    A border is a loop, or a line between points where three or more parts meet. There the caps of all of them meet
    along a seam through the inside, straight to a hub in the middle of such points: as a rule of two, between which the
    parts touch along a line inside. A loop is closed by a fan from its centroid.
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
    """How many more edges end in a vertex than begin there, for the vertices at the ends of lines."""
    vertex, index = np.unique(edges, return_inverse=True)
    count = np.zeros(len(vertex), int)
    np.add.at(count, index.reshape(edges.shape)[:, 1], 1)
    np.subtract.at(count, index.reshape(edges.shape)[:, 0], 1)
    return {int(v): int(n) for v, n in zip(vertex, count, strict=True) if n}


def _hubs(
    vertices: Float[np.ndarray, "V 3"], surplus: dict[Pair, dict[int, int]]
) -> tuple[dict[int, int], Float[np.ndarray, "H 3"]]:
    """Where the seams of the ends of lines meet: each end's hub, numbered on from the vertices, and the hubs' places.

    Ends that share three parts share a hub. Lines must begin and end equally often among the ends of a hub, or its
    seams would stay open: hubs of which this is not true are joined, those first that share most parts and are nearest.
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
    """The edges in groups that hang together."""
    _, index = np.unique(edges, return_inverse=True)
    start, end = index.reshape(edges.shape).T
    count = int(index.max()) + 1
    groups, group = connected_components(coo_array((np.ones(len(edges)), (start, end)), (count, count)), directed=False)
    return [edges[group[start] == each] for each in range(groups)]


def _centroid(points: Float[np.ndarray, "V 3"], edges: Edges) -> Float[np.ndarray, "3"]:
    """Of a line of edges, by their lengths."""
    start, end = points[edges[:, 0]], points[edges[:, 1]]
    length = np.linalg.norm(end - start, axis=1)
    return length @ (start + end) / (2 * length.sum())
