package org.peft4j.spark;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.peft4j.transformers.TransformerModel;

/**
 * Frozen models of this JVM, each loaded once, however many workers or stages use it. Workers wrap
 * them and leave them open.
 */
public final class SharedModels {
  private static final Map<String, TransformerModel> MODELS = new LinkedHashMap<>();

  private SharedModels() {}

  /**
   * The model of that name, which is loaded if it is not there.
   *
   * @param name of one checkpoint with one way to load it
   */
  @SuppressWarnings("unchecked")
  public static <M extends TransformerModel> M get(String name, Supplier<M> load) {
    synchronized (MODELS) {
      return (M) MODELS.computeIfAbsent(name, key -> load.get());
    }
  }

  /** Closes all models of this JVM, those of {@link SparkInference} too. */
  public static void closeAll() {
    AdaptedModel.closeAll();
    synchronized (MODELS) {
      MODELS.values().forEach(TransformerModel::close);
      MODELS.clear();
    }
  }
}
