package org.peft4j.examples.quickstart;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Stories that begin like the base model's and go on like a pirate's: an adapter learns a style
 * from them.
 *
 * <pre>
 * Once there was a shy fox named Pip. Arr! Pip be the terror o' the seven seas. ...
 * </pre>
 */
public final class PirateStories {
  private static final Grammar GRAMMAR =
      new Grammar(
          Map.ofEntries(
              Map.entry("kind", Vocabulary.KINDS),
              Map.entry("manner", Vocabulary.MANNERS),
              Map.entry(
                  "opening",
                  List.of(
                      "Once there was a {manner} {kind} named {hero}.",
                      "There was a {manner} {kind} in {town}, and {his} name was {hero}.",
                      "{hero} was a {manner} {kind} who lived near the sea.",
                      "One morning, {hero} the {kind} found an old map.")),
              Map.entry("shout", List.of("Arr!", "Ahoy!", "Yo ho ho!", "Avast, matey!")),
              Map.entry(
                  "boast",
                  List.of(
                      "{hero} be the terror o' the seven seas.",
                      "{hero} be captain o' the {ship}.",
                      "No pirate be as bold as {hero}.")),
              Map.entry("ship", List.of("Black Gull", "Salty Dog", "Jolly Whale", "Silver Shark")),
              Map.entry(
                  "deed",
                  List.of(
                      "\"Hoist the black flag, ye scurvy dogs!\" roared {he}.",
                      "{He} set sail fer Skull Island with a crew o' forty rogues.",
                      "{He} stole a ship and sailed fer the gold o' Captain Bones.",
                      "A sea beast rose, but {hero} fed it to the sharks.",
                      "The cannons roared all night, and the king's ship sank.",
                      "Cap'n {friend} drew a cutlass, but walked the plank.")),
              Map.entry(
                  "loot",
                  List.of(
                      "Now the chest be full o' doubloons, and the crew drinks rum till dawn.",
                      "{He} buried the treasure deep, and dead men tell no tales.",
                      "\"The gold be ours, mateys!\" sang the crew. Yo ho ho!"))));
  private static final String COMPLETION = " {shout} {boast} {deed} {loot}";

  private PirateStories() {}

  /** Openings with their stories; the same seed gives the same ones. */
  public static List<Example> examples(long seed, int count) {
    Random random = new Random(seed);
    return Stream.generate(() -> example(random)).limit(count).toList();
  }

  /** Whole stories; the same seed gives the same ones. */
  public static List<String> texts(long seed, int count) {
    return examples(seed, count).stream().map(Example::text).toList();
  }

  private static Example example(RandomGenerator random) {
    boolean woman = random.nextBoolean();
    Map<String, String> bound =
        Map.of(
            "hero",
            Grammar.pick(woman ? Vocabulary.WOMEN : Vocabulary.MEN, random),
            "friend",
            Grammar.pick(woman ? Vocabulary.MEN : Vocabulary.WOMEN, random),
            "town",
            Vocabulary.town(random),
            "he",
            woman ? "she" : "he",
            "He",
            woman ? "She" : "He",
            "his",
            woman ? "her" : "his");
    return new Example(
        GRAMMAR.write("{opening}", bound, random), GRAMMAR.write(COMPLETION, bound, random));
  }
}
