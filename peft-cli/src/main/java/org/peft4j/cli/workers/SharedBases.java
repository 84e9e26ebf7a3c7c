package org.peft4j.cli.workers;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.TaskHead;

/**
 * The frozen models that trainings of this JVM adapt. Workers of one JVM, as Spark's tasks are,
 * share one: each wraps it, with adapters and activations of its own, and the last one closes it.
 */
@SuppressWarnings("ReferenceEquality") // Models have no values.
public final class SharedBases {
  private record Key(Path folder, TaskHead head, TransformerOptions options) {}

  private record Use(TransformerModel model, int users) {}

  private static final Map<Key, Use> USED = new LinkedHashMap<>();

  private SharedBases() {}

  /** A model, which is loaded unless it is in use. */
  public static TransformerModel open(Path folder, TaskHead head, TransformerOptions options) {
    Key key = new Key(folder.toAbsolutePath().normalize(), head, options);
    synchronized (USED) {
      Use use = USED.get(key);
      TransformerModel model = use == null ? Transformers.open(folder, head, options) : use.model;
      USED.put(key, new Use(model, use == null ? 1 : use.users + 1));
      return model;
    }
  }

  /** How many use a model from here. */
  static int users(TransformerModel model) {
    synchronized (USED) {
      return USED.values().stream()
          .filter(use -> use.model == model)
          .mapToInt(Use::users)
          .findFirst()
          .orElse(0);
    }
  }

  /** Closes a model that nobody else uses, from here or not. */
  public static void close(TransformerModel model) {
    synchronized (USED) {
      if (users(model) > 1) {
        USED.replaceAll((key, use) -> use.model == model ? new Use(model, use.users - 1) : use);
        return;
      }
      USED.values().removeIf(use -> use.model == model);
    }
    model.close();
  }
}
