package org.peft4j.transformers.prediction;

import java.util.ArrayList;
import java.util.List;

/**
 * The words of a text with their tags.
 *
 * @param text the text; words that were given are joined by spaces
 */
public record TaggedWords(String text, List<TaggedWord> words) {
  private static final String OUTSIDE = "O";

  public TaggedWords {
    words = List.copyOf(words);
  }

  /** The tags of all words, in their order. */
  public List<String> tags() {
    return words.stream().map(TaggedWord::tag).toList();
  }

  /**
   * The entities: neighbours with the same label, of which only the first may begin with {@code
   * B-}. The label {@code O} is none; a label without {@code B-} or {@code I-} counts as one with
   * {@code I-}.
   */
  public List<Entity> entities() {
    List<Entity> entities = new ArrayList<>();
    List<TaggedWord> group = new ArrayList<>();
    for (TaggedWord word : words) {
      boolean goesOn =
          !group.isEmpty()
              && !word.tag().startsWith("B-")
              && label(word).equals(label(group.get(group.size() - 1)));
      if (!goesOn) {
        add(entities, group);
        group.clear();
      }
      group.add(word);
    }
    add(entities, group);
    return entities;
  }

  private void add(List<Entity> entities, List<TaggedWord> group) {
    if (group.isEmpty() || group.get(0).tag().equals(OUTSIDE)) {
      return;
    }
    int begin = group.get(0).begin();
    int end = group.get(group.size() - 1).end();
    double score = group.stream().mapToDouble(TaggedWord::score).average().orElse(0);
    entities.add(new Entity(label(group.get(0)), text.substring(begin, end), begin, end, score));
  }

  private static String label(TaggedWord word) {
    String tag = word.tag();
    return tag.startsWith("B-") || tag.startsWith("I-") ? tag.substring(2) : tag;
  }
}
