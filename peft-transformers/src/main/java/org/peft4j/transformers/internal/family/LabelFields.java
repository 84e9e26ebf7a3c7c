package org.peft4j.transformers.internal.family;

import java.util.List;
import java.util.Optional;
import org.peft4j.transformers.config.Labels;

/**
 * The labels in a sequence classifier's {@code config.json}, recognised by its {@code
 * architectures}: the names in {@code id2label}, or {@code num_labels} of them, or two.
 */
public final class LabelFields {
  private static final String CLASSIFIER = "ForSequenceClassification";
  private static final int DEFAULT_COUNT = 2;

  /** Each label has a name in memory. */
  private static final int MAX_LABELS = 1_000_000;

  private LabelFields() {}

  public static Optional<Labels> read(ConfigFields fields) {
    if (fields.texts("architectures").stream().noneMatch(name -> name.endsWith(CLASSIFIER))) {
      return Optional.empty();
    }
    fields.only("problem_type", "single_label_classification");
    List<String> names = fields.numbered("id2label");
    int count = fields.count("num_labels", names.isEmpty() ? DEFAULT_COUNT : names.size());
    fields.check(
        names.isEmpty() || names.size() == count,
        "num_labels",
        "the number of labels in id2label, " + names.size());
    fields.check(
        count > 1 && count <= MAX_LABELS,
        "num_labels",
        "2 to " + MAX_LABELS + "; 1 is a regression or a reward model, which is not supported");
    boolean distinct = names.stream().distinct().count() == names.size();
    fields.check(distinct, "id2label", "a different name for each label");
    if (count < 2 || count > MAX_LABELS || !distinct) {
      return Optional.empty();
    }
    return Optional.of(names.isEmpty() ? Labels.count(count) : new Labels(names));
  }

  /** The class of a model for {@code architectures}. */
  public static String className(String prefix, String languageModel, Optional<Labels> labels) {
    return prefix + (labels.isPresent() ? CLASSIFIER : languageModel);
  }
}
