package org.peft4j.examples.quickstart;

import java.util.List;
import java.util.random.RandomGenerator;

/** The people, animals and towns that the base model knows. */
final class Vocabulary {
  static final List<String> WOMEN =
      words(
          "Mina Lily Rosa Anna Clara Emma Ida Nora Ruby Sara Tess Vera Wanda Zoe Bella Daisy Flora Hazel Ivy June");
  static final List<String> MEN =
      words(
          "Pip Tom Ben Carl Dan Finn Gus Hugo Jack Leo Max Ned Otto Paul Rex Sam Toby Will Felix Oscar");
  static final List<String> KINDS =
      words(
          "cat dog fox rabbit mouse bear owl duck frog pony goat hen squirrel hedgehog badger otter"
              + " baker farmer sailor teacher gardener doctor painter tailor fisherman miller");
  static final List<String> MANNERS =
      words("little young old kind brave clever shy quiet cheerful lazy curious gentle");
  private static final List<String> TOWN_STARTS =
      words(
          "Oak Mill Stone River Green North Fox Apple Silver Ash Bridge Deer Elm Gold Hill Lake Maple Rose Sand Wood");
  private static final List<String> TOWN_ENDS =
      words("ford brook field ton bury dale wick ham mouth port");

  private Vocabulary() {}

  /** A town's name, such as Oakford; there are 200. */
  static String town(RandomGenerator random) {
    return Grammar.pick(TOWN_STARTS, random) + Grammar.pick(TOWN_ENDS, random);
  }

  private static List<String> words(String separatedBySpaces) {
    return List.of(separatedBySpaces.split(" "));
  }
}
