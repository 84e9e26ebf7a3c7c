package org.peft4j.transformers.metrics;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.peft4j.error.PeftException;

/**
 * Metrics of entities that tags mark word by word, as in seqeval's default mode, which is that of
 * conlleval. An entity is right if its type and both its ends are. Scores count the entities of all
 * types together (micro).
 *
 * <p>{@code B-PER} begins an entity of the type PER, {@code I-PER} continues one, and begins one
 * where none of its type can be continued, as IOB1 has it; {@code E-PER} ends one and {@code S-PER}
 * is one alone (IOBES); {@code O} is none. A tag without a type has the type {@code _}. seqeval
 * warns of other tags and goes on; here they are refused.
 *
 * <p>All methods take the tags of each sentence, predicted and right, and throw a {@link
 * PeftException} if there is no sentence, not a prediction for each word, or another tag.
 */
public final class EntityMetrics {
  private record Entity(int sentence, int first, int last, String type) {}

  private EntityMetrics() {}

  /**
   * {@code accuracy}, the share of words whose tag is right, and {@code precision}, {@code recall}
   * and {@code f1} of entities. Precision is 0 if no entity was predicted, recall if there is none.
   */
  public static Scores of(List<List<String>> predicted, List<List<String>> actual) {
    int sentences = Examples.count(predicted.size(), actual.size());
    int words = 0;
    int right = 0;
    Set<Entity> found = new HashSet<>();
    Set<Entity> wanted = new HashSet<>();
    for (int s = 0; s < sentences; s++) {
      List<String> own = actual.get(s);
      if (predicted.get(s).size() != own.size()) {
        throw new PeftException(
            "Sentence %d has %d words and %d predicted tags; there must be one for each."
                .formatted(s, own.size(), predicted.get(s).size()));
      }
      addEntities(s, predicted.get(s), found);
      addEntities(s, own, wanted);
      for (int word = 0; word < own.size(); word++) {
        right += predicted.get(s).get(word).equals(own.get(word)) ? 1 : 0;
      }
      words += own.size();
    }
    long hits = found.stream().filter(wanted::contains).count();
    Counts counts = new Counts(hits, found.size(), wanted.size());
    return Scores.NONE
        .with("accuracy", (double) right / Examples.count(words, words))
        .with("precision", counts.precision())
        .with("recall", counts.recall())
        .with("f1", counts.f1());
  }

  /** Whether all these labels are tags of entities. Others have an accuracy only. */
  public static boolean areTags(Collection<String> labels) {
    return labels.stream().allMatch(EntityMetrics::isTag);
  }

  private static boolean isTag(String label) {
    return label.equals("O") || label.matches("(?s)[BIES](-.*)?");
  }

  private static void addEntities(int sentence, List<String> tags, Set<Entity> entities) {
    int first = -1;
    String before = "O";
    for (int word = 0; word <= tags.size(); word++) {
      String tag = word == tags.size() ? "O" : require(tags.get(word));
      if (!continues(before, tag)) {
        if (first >= 0) {
          entities.add(new Entity(sentence, first, word - 1, type(before)));
        }
        first = tag.equals("O") ? -1 : word;
      }
      before = tag;
    }
  }

  private static String require(String tag) {
    if (!isTag(tag)) {
      throw new PeftException(
          "\"%s\" is no tag of an entity; allowed: B-, I-, E- or S- with a type, and O."
              .formatted(tag));
    }
    return tag;
  }

  private static boolean continues(String before, String tag) {
    return "BI".indexOf(before.charAt(0)) >= 0
        && "IE".indexOf(tag.charAt(0)) >= 0
        && type(before).equals(type(tag));
  }

  private static String type(String tag) {
    return tag.length() > 2 ? tag.substring(2) : "_";
  }
}
