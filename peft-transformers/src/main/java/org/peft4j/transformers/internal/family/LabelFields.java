package org.peft4j.transformers.internal.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;

/** Writes a model's head into a {@code config.json}, as {@link TaskFields} reads it. */
public final class LabelFields {
  private LabelFields() {}

  /** Sets class, labels and their kind; under a new head, the config was another model's. */
  public static void put(ObjectNode config, ModelArchitecture model) {
    HeadPart head = model.head();
    if (!(head instanceof HeadPart.Language)) {
      config.putArray("architectures").add(model.names().className());
    }
    head.labels().ifPresent(labels -> put(config, labels));
    if (head instanceof HeadPart.Sequence sequence) {
      put(config, sequence.problem());
    }
  }

  private static void put(ObjectNode config, Labels labels) {
    ObjectNode names = config.putObject("id2label");
    ObjectNode numbers = config.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      names.put(Integer.toString(i), labels.names().get(i));
      numbers.put(labels.names().get(i), i);
    }
    config.remove("num_labels");
  }

  /** The kind of labels, unless transformers takes it from the labels themselves. */
  private static void put(ObjectNode config, ProblemType problem) {
    if (problem != ProblemType.SINGLE_LABEL_CLASSIFICATION || config.has("problem_type")) {
      config.put("problem_type", problem.key());
    }
  }
}
