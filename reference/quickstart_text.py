"""The text that the quickstart's base model is trained on: short stories, weather reports, towns, recipes, copying drills.

Everything is written by the small grammar below. A rule is a list of alternatives; `{x}` in one stands for the value bound
to x in this text, or else for a random alternative of rule x.
"""

import re
import string
from random import Random

NAMES_SHE = "Mina Lily Rosa Anna Clara Emma Ida Nora Ruby Sara Tess Vera Wanda Zoe Bella Daisy Flora Hazel Ivy June".split()
NAMES_HE = "Pip Tom Ben Carl Dan Finn Gus Hugo Jack Leo Max Ned Otto Paul Rex Sam Toby Will Felix Oscar".split()
TOWN_START = "Oak Mill Stone River Green North Fox Apple Silver Ash Bridge Deer Elm Gold Hill Lake Maple Rose Sand Wood".split()
TOWN_END = "ford brook field ton bury dale wick ham mouth port".split()
SKIES = {
    "sunny": ["The sun shines all day.", "There is not a cloud in the sky.", "Bright sun warms the streets."],
    "cloudy": ["Grey clouds hide the sun.", "Clouds cover the whole sky.", "The sky stays grey all day."],
    "rainy": ["Rain falls on the roofs.", "It rains until the evening.", "Everyone carries an umbrella in the rain."],
    "foggy": ["Thick fog lies over the fields.", "The town is hidden in fog.", "Nobody can see far in the fog."],
    "snowy": ["Snow falls on the hills.", "Fresh snow covers the roads.", "White snow lies on every roof."],
    "stormy": ["Thunder rolls over the hills.", "A storm shakes the trees.", "Lightning flashes in the dark sky."],
}

RULES = {
    "animal": "cat dog fox rabbit mouse bear owl duck frog pony goat hen squirrel hedgehog badger otter".split(),
    "job": "baker farmer sailor teacher gardener doctor painter tailor fisherman miller".split(),
    "kind": ["{animal}", "{animal}", "{job}"],
    "adj": "little young old kind brave clever shy quiet cheerful lazy curious gentle".split(),
    "color": "red blue green yellow white black golden brown".split(),
    "thing": "ball hat key boat kite lamp book bell cup scarf basket box drum ring".split(),
    "dish": "bread soup cake pie jam cookies porridge pancakes".split(),
    "food": "bread soup cake pie honey cheese jam apples berries cookies".split(),
    "day": ["morning", "evening", "day", "sunny day", "rainy day", "winter morning", "summer evening"],
    "home": [
        "in a small house by the river", "under a big tree in the forest", "on a farm near {town}", "in a cottage at the edge of {town}",
        "in an old mill", "at the foot of the hill", "in the middle of {town}", "near the sea",
    ],
    "spot": [
        "under the bed", "behind the door", "in the garden", "by the river", "behind the barn", "under the old tree",
        "in the tall grass", "near the well", "on the hill", "in the kitchen", "under the bridge", "at the market",
    ],
    "skill": "swim sing dance paint fly read cook fish climb".split(),
    "end": [
        "From that day on, {hero} and {friend} were good friends.", "{hero} was very happy.", "They laughed all the way home.",
        "That night {hero} slept very well.", "And they ate {food} until the stars came out.", "It was the best day of the year.",
    ],
    "open": [
        "Once there was a {adj} {kind} named {hero}. {He} lived {home}.", "Once there was a {adj} {kind} named {hero}.",
        "{hero} was a {adj} {kind} who lived {home}.", "There was a {adj} {kind} in {town}, and {his} name was {hero}.",
    ],
    "meet": [
        "Then a {adj2} {kind2} named {friend} came by.", "Just then {friend} the {kind2} walked past.",
        "On the way {he} met a {adj2} {kind2} named {friend}.", "After a while {he} saw {friend}, a {adj2} {kind2}.",
    ],
    "thanks": ['"Thank you, {friend}," said {hero}.', '"You are a true friend," said {hero}.', "{hero} thanked {friend} many times."],
    "lost": [
        "One {day}, {hero} lost {his} {color1} {thing1}. {He} looked {spot} and {spot}, but it was not there. {hero} felt sad. {meet} "
        '"What is wrong?" asked {friend}. "I lost my {thing1}," said {hero}. Together they looked {spot1}. There it was! {thanks} {end}',
        "One {day}, the {color1} {thing1} was gone. {hero} looked {spot}, but found nothing. {meet} "
        '"I saw a {color1} {thing1} {spot1}," said {friend}. They ran there at once and found it. {thanks} {end}',
    ],
    "found": [
        "One {day}, {hero} found {find} {spot}. {He} wondered what to do. {meet} {friend} looked at it for a long time. "
        '"It shows the way to a place {spot1}," said {friend}. So they went there and dug a deep hole. They found a {color} {thing} '
        "and some {food}. {end}",
        'One {day}, {hero} found {find} {spot}. "Who does it belong to?" {he} asked. {meet} "It is mine," said {friend}. '
        "{hero} gave it back with a smile. {friend} gave {him} some {food}. {end}",
    ],
    "find": ["an old map", "a strange letter", "a {color} map", "a letter in a bottle"],
    "bake": [
        "One {day}, {hero} wanted to make {dish1}. {He} had everything but honey. {meet} "
        '"I have honey at home," said {friend}. They worked together all day. Soon the whole house smelled of {dish1}. {thanks} {end}',
    ],
    "storm": [
        "One {day}, a big storm came. The wind was loud and the rain was cold. {hero} was afraid and hid {spot}. {meet} "
        '"Come into my house," said {friend}. They sat by the fire and ate {food}. When the storm was over, the sky was blue. {end}',
    ],
    "market": [
        "One {day}, {hero} went to the market in {town}. {He} wanted to buy a {color1} {thing1}. {meet} "
        '"That {thing1} costs ten coins," said {friend}. But {hero} had only four coins. So {he} helped {friend} carry the {food}. '
        "In the end {friend} gave {him} the {thing1}. {end}",
    ],
    "learn": [
        "{hero} wanted to learn to {skill1}. {He} tried every {day1}, but it was hard. {meet} "
        '"I can show you how to {skill1}," said {friend}. They tried again and again {spot}. At last {hero} could {skill1}. {thanks} {end}',
    ],
    "lately": ["night", "week", "summer", "winter"],
    "sail": [
        "One {day}, {hero} found an old ship and named it the {ship1}. {He} sailed to {island1} with a crew of {crew} {adj} sailors. "
        "{danger} {loot} {end}",
        'One {day}, {hero} went to sea on a ship called the {ship1}. "Raise the {color} flag!" said captain {friend}. '
        "They sailed for {count} days. {danger} {loot} {end}",
        '{hero} dreamed of the seven seas. One {day}, captain {friend} of the {ship1} came to {town}. "Come with me to {island1}," '
        "said {friend}. {danger} {loot} {end}",
    ],
    "ship": ["Black Gull", "Salty Dog", "Jolly Whale", "Silver Shark", "Golden Bear", "Old Duck"],
    "island": ["an island", "Bear Island", "Stone Island", "Skull Island", "a far land", "the cold north"],
    "crew": ["ten", "twenty", "forty", "seven"],
    "danger": [
        "A big beast rose from the deep, but it only wanted some {food}.", "At night sharks swam around the ship.",
        "The cannons of the king roared, but nobody was hurt.", "A bold pirate with a sword came near, but {he} was kind.",
        "A storm broke the mast, and the ship nearly sank.", "A rogue stole the map and walked away.",
    ],
    "loot": [
        "On the island they found a chest full of gold.", "The crew sang songs and drank milk until dawn.",
        "They buried the treasure under a tree.", '"The gold is for all of us," said {hero}.', "The old sailors told tales of dead kings.",
    ],
    "day1": ["morning", "evening", "day"],
    "plot": ["{lost}", "{lost}", "{found}", "{found}", "{bake}", "{storm}", "{market}", "{learn}", "{sail}", "{sail}", "{sail}"],
    "story": ["{open} {plot}"] * 4 + ["{found1}"],
    "found1": [
        'One {day}, {hero} the {kind} found {find} {spot}. {meet} "I lost it last {lately}," said {friend}. '
        '{hero} gave it back at once. "Thank you, {hero}," said {friend}. {end}',
    ],
    "recipe": [
        "How to make {dish1}: Take a big pot and some {food}. Add a cup of milk and stir well. Cook it for {minutes} minutes. "
        "Let it rest {cool}. Then share the {dish1} with a friend.",
        "How to make {dish1}: Wash your hands first. Mix {food} and {food} in a bowl. Wait for {minutes} minutes, and taste it. "
        "Good food needs time and love.",
    ],
    "cool": ["by the window", "on the table", "near the fire", "in the kitchen"],
    "minutes": [str(m) for m in range(5, 60, 5)],
    "place": [
        "{town} is a {adj} town {where}. It has {count} houses and a {color} bridge. People in {town} like {food}. "
        'On the gate is a sign. The sign says "{town}".',
        'The sign by the road says "{town}". It is a small town {where}. The {job} of {town} is called {hero}. '
        '{He} sells {food} and a {color} {thing}. "{town} is my home," says {hero}.',
    ],
    "where": ["by the sea", "near the river", "in the hills", "at the edge of the forest", "between two lakes"],
    "count": [str(c) for c in range(20, 100)],
    "wind": ["The wind blows from the {dir}.", "A light wind comes from the {dir}.", "A strong wind comes from the {dir}."],
    "dir": ["north", "south", "east", "west"],
    "degrees": ["It is {temp} degrees.", "The air is at {temp} degrees.", "We measured {temp} degrees."],
    "summary": [
        "a {feel} and {sky} day in {town}, with wind from the {dir}.", "{sky} and {feel} in {town}, {temp} degrees, wind from the {dir}.",
        "the day in {town} is {sky}. The wind comes from the {dir} and it is {temp} degrees.",
    ],
}


class Text:
    """One text: a random source and the values bound in it."""

    def __init__(self, random: Random, **bound: str):
        self.random, self.bound = random, bound

    def write(self, rule: str) -> str:
        """The text of a rule; "a" becomes "an" before a vowel."""
        return re.sub(r"\b([Aa])(?= [aeiou])", r"\1n", self._expand("{%s}" % rule))

    def _expand(self, template: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda slot: self._value(slot.group(1)), template)

    def _value(self, name: str) -> str:
        if name in self.bound:
            return self.bound[name]
        # color1, thing1 ... keep their first value for the whole text
        value = self._expand(self.random.choice(RULES.get(name) or RULES[name.rstrip("12")]))
        if name[-1] in "12":
            self.bound[name] = value
        return value


def town(random: Random) -> str:
    return random.choice(TOWN_START) + random.choice(TOWN_END)


def about_someone(random: Random, rule: str) -> str:
    she = random.random() < 0.5
    hero = random.choice(NAMES_SHE if she else NAMES_HE)
    friend = random.choice([name for name in NAMES_SHE + NAMES_HE if name != hero])
    he, him, his = ("she", "her", "her") if she else ("he", "him", "his")
    bound = dict(hero=hero, friend=friend, he=he, He=he.capitalize(), him=him, his=his, town=town(random))
    return Text(random, **bound).write(rule)


def weather(random: Random) -> str:
    sky, temp, place = random.choice(list(SKIES)), random.randint(-9, 35), town(random)
    feel = "cold" if temp < 8 else "mild" if temp < 18 else "warm" if temp < 27 else "hot"
    text = Text(random, sky=sky, temp=str(temp), town=place, feel=feel, dir=random.choice(RULES["dir"]))
    parts = [random.choice(SKIES[sky]), text.write("wind"), text.write("degrees")]
    random.shuffle(parts)
    report = f"Weather report for {place}: {' '.join(parts)}"
    if random.random() < 0.6:
        report += f"\nSummary: {text.write('summary')}"
    if random.random() < 0.5:
        asked = [f'Which town? "{place}".', f'How is the sky? "{sky}".', f'Where is the wind from? "{text.write("dir")}".',
                 f"How many degrees? {temp}."]
        random.shuffle(asked)
        report += f"\nQuestions: {' '.join(asked)}"
    return report


def drill(random: Random) -> str:
    """Copying of arbitrary characters and names, so that no token of the vocabulary stays untrained."""
    kind = random.randrange(5)
    if kind == 0:
        said = "".join(random.choices(string.ascii_letters + string.digits + string.punctuation, k=random.randint(4, 12)))
    elif kind == 1:
        said = "".join(random.choices(string.ascii_lowercase, k=random.randint(4, 9)))
    else:
        said = random.choice([town(random), random.choice(NAMES_SHE + NAMES_HE), str(random.randint(-9, 99))])
    return f'Say it again: {said} The answer is "{said}" and once more {said}'


WRITERS = {
    "story": lambda random: about_someone(random, "story"),
    "weather": weather,
    "recipe": lambda random: about_someone(random, "recipe"),
    "place": lambda random: about_someone(random, "place"),
    "drill": drill,
}


def texts(seed: int, count: int, shares: dict[str, int]) -> list[str]:
    """`count` texts of the kinds in WRITERS, in the given shares; the same for the same seed."""
    random = Random(seed)
    kinds = list(WRITERS)
    weights = [shares[kind] for kind in kinds]
    return [WRITERS[random.choices(kinds, weights=weights)[0]](random) for _ in range(count)]
