"""Whether the person has a person's size: 0.9 to 2.3 m, from the length of the legs."""

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.body_size import height_of_leg
from data.plausibility.person import Person

SMALLEST_M, LARGEST_M = 0.9, 2.3  # from a child of three to the tallest people
CHILD_M = 1.2  # a smaller person may be a child, or an adult in a wrong unit
IMPOSSIBLE_M = (0.4, 3.0)


def judge_size(clip: MotionClip, person: Person) -> Finding:
    """Judge the person's height, as the length of the legs tells it."""
    height = height_of_leg(person.leg)
    value, limit = f"{height:.2f} m", f"{SMALLEST_M:g} to {LARGEST_M:g} m"
    if height < IMPOSSIBLE_M[0] or height > IMPOSSIBLE_M[1]:
        what = "bones of no length" if height < 0.01 else f"legs of a person of {height:.2f} m"
        return Finding(
            "bad", "size", value, limit, f"{clip.name} has {what}: correct its offsets, or give its unit with --units"
        )
    if CHILD_M <= height <= LARGEST_M:
        return Finding("good", "size", value, limit)
    whose = "a giant's" if height > LARGEST_M else "a child's" if height >= SMALLEST_M else "less than a child's"
    return Finding(
        "doubtful",
        "size",
        value,
        limit,
        f"the size is doubtful: the legs are those of a person of {height:.2f} m, {whose}; "
        "give the unit with --units where that is wrong",
    )
