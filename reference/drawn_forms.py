"""Eight forms by day and by night, for small_unet.py and forms_at_night.py, and a judge that says which form a picture shows."""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE = 28
FINE = 8  # points of a pixel's side while a form is drawn
FORMS = ("circle", "square", "star", "heart", "ring", "triangle", "cross", "moon")
LEARNED = FORMS[:4]  # the forms of which the adapter has pictures
TOP, BOTTOM, NIGHT = np.array([255.0, 225, 90]), np.array([235.0, 60, 80]), np.array([24.0, 28, 84])
LEAST = 0.85  # the correlation with an outline from which on a form is recognised


def caption(form: str) -> str:
    return f"a {form}"


def corners(form: str, turn: float) -> list[tuple[float, float]]:
    """Of a form about the origin, in a circle of radius 1."""

    def around(count: int, radii: tuple[float, ...], first: float) -> list[tuple[float, float]]:
        angles = [first + turn + 2 * math.pi * i / count for i in range(count)]
        return [(radii[i % len(radii)] * math.cos(a), radii[i % len(radii)] * math.sin(a)) for i, a in enumerate(angles)]

    if form == "square":
        return around(4, (1.1,), math.pi / 4)
    if form == "triangle":
        return around(3, (1.1,), -math.pi / 2)
    if form == "star":
        return around(10, (1.15, 0.45), -math.pi / 2)
    if form == "cross":
        arm = 0.32
        ends = [(arm, arm), (arm, 1), (-arm, 1), (-arm, arm), (-1, arm), (-1, -arm), (-arm, -arm), (-arm, -1), (arm, -1), (arm, -arm), (1, -arm), (1, arm)]
        return [(x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)) for x, y in ends]
    points = [2 * math.pi * i / 60 for i in range(60)]  # heart
    return [(math.sin(a) ** 3, -(13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)) / 16) for a in points]


def covered(form: str, random: np.random.Generator) -> np.ndarray:
    """How much of each pixel the form covers, 0 to 1, [28, 28]; place, size and turn differ."""
    side = SIZE * FINE
    radius = random.uniform(9, 10) * FINE
    x, y = side / 2 + random.uniform(-0.5, 0.5, 2) * FINE
    picture = Image.new("L", (side, side))
    draw = ImageDraw.Draw(picture)

    def disc(x: float, y: float, r: float, fill: int) -> None:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    if form in ("circle", "ring", "moon"):
        disc(x, y, radius, 255)
        if form == "ring":
            disc(x, y, 0.55 * radius, 0)
        if form == "moon":
            disc(x + 0.5 * radius, y - 0.2 * radius, 0.85 * radius, 0)
    else:
        turn = random.uniform(-0.1, 0.1)
        draw.polygon([(x + radius * a, y + radius * b) for a, b in corners(form, turn)], fill=255)
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX), dtype=np.float64) / 255


def by_day(ink: np.ndarray) -> np.ndarray:
    """Black on white, [28, 28, 3]."""
    return np.repeat(255 * (1 - ink)[:, :, None], 3, axis=2)


def by_night(ink: np.ndarray) -> np.ndarray:
    """From yellow to red on dark blue."""
    height = np.linspace(0, 1, SIZE)[:, None, None]
    return NIGHT + ink[:, :, None] * (TOP + height * (BOTTOM - TOP) - NIGHT)


def write_outlines(file: Path) -> None:
    """The mean of 64 pictures of each form, side by side in grey."""
    random = np.random.default_rng(31)
    means = [np.mean([covered(form, random) for _ in range(64)], axis=0) for form in FORMS]
    Image.fromarray((255 * np.concatenate(means, axis=1)).round().astype(np.uint8)).save(file)


def read_outlines(file: Path) -> dict[str, np.ndarray]:
    sheet = np.asarray(Image.open(file), dtype=np.float64) / 255
    return dict(zip(FORMS, np.split(sheet, len(FORMS), axis=1)))


def ground_of(picture: np.ndarray) -> np.ndarray:
    """The mean colour of the corners."""
    return picture[[0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=0)


def alike(picture: np.ndarray, outlines: dict[str, np.ndarray]) -> dict[str, float]:
    """How each outline correlates with how far pixels are from the colour of the ground."""
    far = np.linalg.norm(picture - ground_of(picture), axis=2)
    if far.std() == 0:
        return {form: 0.0 for form in outlines}
    return {form: float(np.corrcoef(far.ravel(), outline.ravel())[0, 1]) for form, outline in outlines.items()}


def shows(picture: np.ndarray, form: str, outlines: dict[str, np.ndarray]) -> bool:
    """Whether the outline most alike is the form's, and like enough."""
    found = alike(picture, outlines)
    return max(found, key=found.get) == form and found[form] >= LEAST


def judge(name: str, pictures: list[tuple[str, np.ndarray]], outlines: dict[str, np.ndarray]) -> None:
    """Prints how many pictures show their form, and the mean colours of grounds and forms."""
    for kind, forms in (("learned forms", LEARNED), ("other forms", FORMS[len(LEARNED) :])):
        of = [(form, picture) for form, picture in pictures if form in forms]
        right = sum(shows(picture, form, outlines) for form, picture in of)
        ground = np.mean([ground_of(picture) for _, picture in of], axis=0)
        ink = np.mean([picture[outlines[form] > 0.95].mean(axis=0) for form, picture in of], axis=0)
        print(f"{name}, {kind}: {right} of {len(of)} recognised, ground {ground.round().astype(int).tolist()}, form {ink.round().astype(int).tolist()}", flush=True)
