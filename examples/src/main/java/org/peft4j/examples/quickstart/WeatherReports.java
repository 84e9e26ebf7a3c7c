package org.peft4j.examples.quickstart;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Weather reports with their summary as a line of JSON, where the base model writes prose: an
 * adapter learns a format from them, and to fill it from the report.
 *
 * <pre>
 * Weather report for Oakford: Thick fog lies over the fields. It is 4 degrees. The wind blows from the north.
 * Summary: {"town": "Oakford", "sky": "foggy", "degrees": 4}
 * </pre>
 */
public final class WeatherReports {
  private static final List<String> SKIES =
      List.of("sunny", "cloudy", "rainy", "foggy", "snowy", "stormy");
  private static final List<String> DIRECTIONS = List.of("north", "south", "east", "west");
  private static final int COLDEST = -9;
  private static final int HOTTEST = 35;

  private static final Grammar GRAMMAR =
      new Grammar(
          Map.ofEntries(
              Map.entry(
                  "sunny",
                  List.of(
                      "The sun shines all day.",
                      "There is not a cloud in the sky.",
                      "Bright sun warms the streets.")),
              Map.entry(
                  "cloudy",
                  List.of(
                      "Grey clouds hide the sun.",
                      "Clouds cover the whole sky.",
                      "The sky stays grey all day.")),
              Map.entry(
                  "rainy",
                  List.of(
                      "Rain falls on the roofs.",
                      "It rains until the evening.",
                      "Everyone carries an umbrella in the rain.")),
              Map.entry(
                  "foggy",
                  List.of(
                      "Thick fog lies over the fields.",
                      "The town is hidden in fog.",
                      "Nobody can see far in the fog.")),
              Map.entry(
                  "snowy",
                  List.of(
                      "Snow falls on the hills.",
                      "Fresh snow covers the roads.",
                      "White snow lies on every roof.")),
              Map.entry(
                  "stormy",
                  List.of(
                      "Thunder rolls over the hills.",
                      "A storm shakes the trees.",
                      "Lightning flashes in the dark sky.")),
              Map.entry(
                  "wind",
                  List.of(
                      "The wind blows from the {direction}.",
                      "A light wind comes from the {direction}.",
                      "A strong wind comes from the {direction}.")),
              Map.entry(
                  "warmth",
                  List.of(
                      "It is {degrees} degrees.",
                      "The air is at {degrees} degrees.",
                      "We measured {degrees} degrees."))));

  private WeatherReports() {}

  /** Reports with their summaries; the same seed gives the same ones. */
  public static List<Example> examples(long seed, int count) {
    Random random = new Random(seed);
    return Stream.generate(() -> example(random)).limit(count).toList();
  }

  /** Reports, each followed by its summary; the same seed gives the same ones. */
  public static List<String> texts(long seed, int count) {
    return examples(seed, count).stream().map(Example::text).toList();
  }

  private static Example example(Random random) {
    String town = Vocabulary.town(random);
    String sky = Grammar.pick(SKIES, random);
    String degrees = String.valueOf(random.nextInt(COLDEST, HOTTEST + 1));
    Map<String, String> bound =
        Map.of("direction", Grammar.pick(DIRECTIONS, random), "degrees", degrees);

    List<String> sentences = new ArrayList<>();
    for (String rule : List.of(sky, "wind", "warmth")) {
      sentences.add(GRAMMAR.write("{" + rule + "}", bound, random));
    }
    Collections.shuffle(sentences, random);
    return new Example(
        "Weather report for %s: %s\nSummary:".formatted(town, String.join(" ", sentences)),
        " {\"town\": \"%s\", \"sky\": \"%s\", \"degrees\": %s}".formatted(town, sky, degrees));
  }
}
