"""Days of weather in small towns, as records and as reports: what the small T5 is trained on, and what its adapters learn.

A day has a town, a sky, a wind and a temperature. The base model learns to write a record as a report and a report as a
record, to answer questions about a report, and to fill gaps. Headlines are the new task: it meets none of them.
"""

from random import Random
from typing import Callable, NamedTuple

from quickstart_text import town

SKIES = {
    "sunny": ["The sun shines all day", "There is not a cloud in the sky", "Bright sun warms the streets"],
    "cloudy": ["Grey clouds hide the sun", "Clouds cover the whole sky", "The sky stays grey all day"],
    "rainy": ["Rain falls on the roofs", "It rains until the evening", "Everyone carries an umbrella"],
    "foggy": ["Thick fog lies over the fields", "The hills are hidden in fog", "Nobody can see far in the fog"],
    "snowy": ["Snow falls on the hills", "Fresh snow covers the roads", "White snow lies on every roof"],
    "stormy": ["Thunder rolls over the hills", "A storm shakes the trees", "Lightning flashes in the dark"],
}
WINDS = ["The wind blows from the {wind}", "A light wind comes from the {wind}", "The wind is from the {wind}"]
DEGREES = ["It is {degrees} degrees", "The air is at {degrees} degrees", "We measured {degrees} degrees"]
PLACES = ["News from {town}", "This is the weather of {town}", "{town} today"]
QUESTIONS = {
    "town": "Which town is it?", "sky": "How is the sky?", "wind": "Where is the wind from?", "degrees": "How many degrees is it?",
}


class Day(NamedTuple):
    town: str
    sky: str
    wind: str
    degrees: int

    @staticmethod
    def draw(random: Random) -> "Day":
        return Day(town(random), random.choice(list(SKIES)), random.choice("north south east west".split()), random.randint(0, 35))

    def feel(self) -> str:
        return "cold" if self.degrees < 8 else "mild" if self.degrees < 18 else "warm" if self.degrees < 27 else "hot"


def report(day: Day, random: Random) -> str:
    """Four sentences: the town, then sky, wind and degrees in any order, each in one of three ways."""
    parts = [random.choice(SKIES[day.sky]), random.choice(WINDS), random.choice(DEGREES)]
    random.shuffle(parts)
    return ". ".join([random.choice(PLACES), *parts]).format(**day._asdict()) + "."


def record(day: Day, random: Random, keys: tuple[str, ...] = Day._fields) -> str:
    values = day._asdict()
    return ", ".join(f"{key} {values[key]}" for key in keys)


def tell(day: Day, random: Random) -> tuple[str, str]:
    """A record as a report of one form, so that there is one right text."""
    keys = list(Day._fields)
    random.shuffle(keys)
    sentences = {"town": PLACES[0], "sky": f"The sky is {day.sky} and the day {day.feel()}", "wind": WINDS[0], "degrees": DEGREES[0]}
    return "tell: " + record(day, random, tuple(keys)), ". ".join(sentences[key] for key in keys).format(**day._asdict()) + "."


def read(day: Day, random: Random) -> tuple[str, str]:
    keys = random.sample(Day._fields, random.randint(1, 4))
    return f"read {' '.join(keys)}: " + report(day, random), record(day, random, tuple(keys))


def ask(day: Day, random: Random) -> tuple[str, str]:
    about = random.choice(list(QUESTIONS))
    return f"ask: {QUESTIONS[about]} " + report(day, random), str(day._asdict()[about])


def fill(day: Day, random: Random) -> tuple[str, str]:
    """One or two words are left out in two places: T5's own pre-training."""
    words = report(day, random).split()
    first = random.randint(0, len(words) // 2 - 2)
    second = random.randint(len(words) // 2, len(words) - 2)
    cuts = [(first, first + random.randint(1, 2)), (second, second + random.randint(1, 2))]
    source, target, at = [], [], 0
    for number, (start, end) in enumerate(cuts):
        source += words[at:start] + [f"<extra_id_{number}>"]
        target += [f"<extra_id_{number}>"] + words[start:end]
        at = end
    return " ".join(source + words[at:]), " ".join(target + [f"<extra_id_{len(cuts)}>"])


def headline(day: Day, random: Random) -> tuple[str, str]:
    """The new task."""
    return report(day, random), f"A {day.feel()} and {day.sky} day in {day.town}, {day.degrees} degrees."


TASKS: list[Callable[[Day, Random], tuple[str, str]]] = [tell, read, ask, fill]


def pairs(seed: int, count: int, tasks=TASKS) -> list[tuple[str, str]]:
    """`count` sources with their targets; the same for the same seed."""
    random = Random(seed)
    return [random.choice(tasks)(Day.draw(random), random) for _ in range(count)]
