package org.peft4j.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;

/**
 * A base model of this JVM with the adapters that rows have asked for. Tasks of the JVM take turns:
 * a batch has all cores that products use.
 */
final class AdaptedModel {
  /** What makes two of them the same. */
  private record Key(
      String folder, Map<String, String> adapters, Task task, TransformerOptions options) {}

  private static final Map<Key, AdaptedModel> MODELS = new LinkedHashMap<>();

  private final TransformerModel model;
  private final PeftModel<ComputationGraph> adapters;
  private final Map<String, String> folders;
  private final Optional<TaskHead> head;
  private final boolean complete;

  private AdaptedModel(
      TransformerModel model,
      Map<String, String> folders,
      Optional<TaskHead> head,
      boolean complete) {
    this.model = model;
    this.folders = folders;
    this.head = head;
    this.complete = complete;
    adapters = Peft.bare(model.graph(), 0);
    model.use(adapters);
  }

  static AdaptedModel of(SparkInference inference, RowTask task) {
    Key key = new Key(inference.folder(), inference.adapters(), task.task(), inference.options());
    synchronized (MODELS) {
      return MODELS.computeIfAbsent(key, AdaptedModel::load);
    }
  }

  /** Closes all of this JVM. */
  static void closeAll() {
    synchronized (MODELS) {
      for (AdaptedModel each : MODELS.values()) {
        each.adapters.close();
        each.model.close();
      }
      MODELS.clear();
    }
  }

  private static AdaptedModel load(Key key) {
    Path folder = Path.of(key.folder());
    TaskHead stored = AdapterTask.head(Families.read(folder));
    boolean labels =
        key.task() == Task.SEQ_CLS
            || key.task() == Task.TOKEN_CLS
            || key.task() == Task.QUESTION_ANS;
    if (!labels) {
      TransformerModel model =
          key.task() == Task.FEATURE_EXTRACTION
              ? Transformers.loadEncoder(folder, key.options())
              : Transformers.open(folder, key.options());
      return new AdaptedModel(model, key.adapters(), Optional.empty(), true);
    }
    TaskHead head =
        key.adapters().values().stream()
            .findFirst()
            .map(adapter -> AdapterTask.of(Path.of(adapter), folder, Optional.of(key.task())))
            .orElse(stored);
    if (head.task() != key.task()) {
      throw new PeftException(
          folder + " is a model for the task " + head.task() + ", not " + key.task() + ".");
    }
    return new AdaptedModel(
        Transformers.open(folder, head, key.options()),
        key.adapters(),
        Optional.of(head),
        head.equals(stored));
  }

  /** What the model says with an adapter, or without one. */
  synchronized List<Object> with(
      Optional<String> adapter, Function<TransformerModel, List<Object>> work) {
    if (adapter.isEmpty()) {
      if (!complete) {
        throw new PeftException(
            "A row names no adapter, and "
                + model.folder()
                + " has no head of its own for these labels. Name an adapter in each row.");
      }
      try (AdapterScope scope = adapters.adaptersDisabled()) {
        return work.apply(model);
      }
    }
    String name = adapter.get();
    if (!adapters.adapters().contains(name)) {
      load(name, Path.of(folders.get(name)));
    }
    adapters.setActive(name);
    return work.apply(model);
  }

  private void load(String name, Path folder) {
    head.ifPresent(
        own -> {
          TaskHead other = AdapterTask.of(folder, model.folder(), Optional.of(own.task()));
          if (!other.equals(own)) {
            throw new PeftException(
                "The adapter %s has the labels %s, and the first one %s; adapters of one model need the same."
                    .formatted(name, other.labels(), own.labels()));
          }
        });
    requireTokenizer(name, folder);
    adapters.loadAdapter(name, folder);
  }

  /** A model reads all texts with one tokenizer. */
  private void requireTokenizer(String name, Path folder) {
    Path own = folder.resolve("tokenizer.json");
    Path base = model.folder().resolve("tokenizer.json");
    try {
      if (Files.exists(own) && (!Files.exists(base) || Files.mismatch(own, base) >= 0)) {
        throw new PeftException(
            "The adapter "
                + name
                + " has a tokenizer of its own, "
                + own
                + ", and others use the model's. Run it by itself, on a copy of the model with that"
                + " tokenizer.");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
