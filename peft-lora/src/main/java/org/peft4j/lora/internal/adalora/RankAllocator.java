package org.peft4j.lora.internal.adalora;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.adalora.RankSchedule;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.method.AdapterView;
import org.peft4j.method.TrainingHook;

/**
 * Removes ranks where they matter least, by a {@link RankSchedule}. The score of a target's rank i
 * is Eᵢ's score plus the mean scores of row i of A and of column i of B ({@link Importance}). Of
 * all ranks of all targets, the b₀ − b with the lowest scores lose their E, where b is the budget.
 * They may come back until the last allocation; after it their E stays zero, the adapter's config
 * lists the kept ranks, and a file contains only those.
 *
 * <p>If there is nothing to remove, as with {@code target_r} equal to {@code init_r}, it does
 * nothing; Hugging Face PEFT fails in this case.
 */
public final class RankAllocator implements TrainingHook {
  private static final String PREFIX = "base_model.model.";

  private final AdapterView adapter;
  private final AdaLoraConfig config;
  private final List<String> modules;
  private final Importance importance;
  private final INDArray kept;

  /**
   * @param adapter an AdaLoRA adapter of the model to train
   * @throws PeftException if its method is another, or its file has removed ranks, which cannot
   *     come back
   */
  public RankAllocator(AdapterView adapter) {
    this.adapter = adapter;
    this.config = requireConfig(adapter);
    Map<String, INDArray> tensors = triplets(adapter.tensors());
    if (!allocatable(config, tensors)) {
      throw new PeftException(
          "Adapter \""
              + adapter.name()
              + "\" was loaded with removed ranks, which cannot come back. Train it without a"
              + " RankAllocator.");
    }
    modules = modules(tensors);
    importance = new Importance(tensors, config.beta1(), config.beta2());
    kept = DetachedArrays.zeros(importance.mean().dataType(), ranks()).assign(1);
    List<Boolean> before = new ArrayList<>();
    modules.forEach(m -> before.addAll(config.rankPattern().getOrDefault(path(m), List.of())));
    for (int i = 0; i < before.size(); i++) {
      kept.putScalar(i, before.get(i) ? 1 : 0);
    }
  }

  private static AdaLoraConfig requireConfig(AdapterView adapter) {
    if (adapter.config() instanceof AdaLoraConfig config) {
      return config;
    }
    throw new PeftException(
        "Adapter \""
            + adapter.name()
            + "\" has the method "
            + adapter.config().peftType()
            + "; only ADALORA has ranks to allocate.");
  }

  /** Whether every target of these tensors has its initial ranks. */
  static boolean allocatable(AdaLoraConfig config, Map<String, INDArray> tensors) {
    List<String> modules = modules(tensors);
    return !modules.isEmpty()
        && modules.stream()
            .allMatch(m -> get(tensors, m + AdaLoraWeight.E).length() == config.initR())
        && modules.size() >= config.rankPattern().size();
  }

  private static List<String> modules(Map<String, INDArray> tensors) {
    return tensors.keySet().stream()
        .filter(key -> key.endsWith("." + AdaLoraWeight.E))
        .map(key -> key.substring(0, key.length() - AdaLoraWeight.E.length()))
        .toList();
  }

  /** The A, B and E of an adapter's tensors. */
  private static Map<String, INDArray> triplets(Map<String, INDArray> tensors) {
    Map<String, INDArray> result = new LinkedHashMap<>();
    for (String module : modules(tensors)) {
      for (String name : List.of(AdaLoraWeight.A, AdaLoraWeight.B, AdaLoraWeight.E)) {
        result.put(module + name, get(tensors, module + name));
      }
    }
    return result;
  }

  private static INDArray get(Map<String, INDArray> tensors, String key) {
    INDArray tensor = tensors.get(key);
    if (tensor == null) {
      throw new IllegalStateException("No tensor " + key + " any more.");
    }
    return tensor;
  }

  private long ranks() {
    return (long) modules.size() * config.initR();
  }

  @Override
  public void afterUpdate(long step) {
    afterUpdate(step, adapter.gradients());
  }

  /**
   * Like {@link #afterUpdate(long)}, with earlier copies of the gradients.
   *
   * @param gradients the gradients of the adapter's tensors, by key
   */
  public void afterUpdate(long step, Map<String, INDArray> gradients) {
    RankSchedule schedule = config.schedule();
    Map<String, INDArray> parameters = adapter.tensors();
    if (step < schedule.last()) {
      importance.update(parameters, gradients);
    }
    if (schedule.allocates(step)) {
      long target = (long) modules.size() * config.targetR();
      allocate(ranks() - schedule.budget(step, ranks(), target));
      publish();
      drop(parameters);
    } else if (step > schedule.last()) {
      drop(parameters);
    }
  }

  /** Marks the ranks with the {@code count} lowest scores, and all that equal the last of them. */
  private void allocate(long count) {
    double[] scores = scores();
    if (count > 0) {
      double[] sorted = scores.clone();
      Arrays.sort(sorted);
      double threshold = sorted[Math.toIntExact(count) - 1];
      for (int i = 0; i < scores.length; i++) {
        kept.putScalar(i, scores[i] > threshold ? 1 : 0);
      }
    } else {
      kept.assign(1);
    }
  }

  /** The score of each rank of each target. */
  double[] scores() {
    Map<String, INDArray> elements = importance.scores();
    double[] scores = new double[Math.toIntExact(ranks())];
    for (int m = 0; m < modules.size(); m++) {
      INDArray a = get(elements, modules.get(m) + AdaLoraWeight.A).mean(1);
      INDArray b = get(elements, modules.get(m) + AdaLoraWeight.B).mean(0);
      INDArray e = get(elements, modules.get(m) + AdaLoraWeight.E);
      for (int i = 0; i < config.initR(); i++) {
        scores[m * config.initR() + i] = e.getFloat(i, 0) + (a.getFloat(i) + b.getFloat(i));
      }
      Scratch.release(a, b);
    }
    return scores;
  }

  /** Zeros E of the ranks that are not kept. */
  private void drop(Map<String, INDArray> parameters) {
    for (int m = 0; m < modules.size(); m++) {
      INDArray e = get(parameters, modules.get(m) + AdaLoraWeight.E);
      for (int i = 0; i < config.initR(); i++) {
        if (kept.getDouble((long) m * config.initR() + i) == 0) {
          e.putScalar(i, 0, 0);
        }
      }
    }
  }

  private void publish() {
    adapter.amendConfig(config.toBuilder().rankPattern(pattern()).build());
  }

  /** The kept ranks, by the key of {@code rank_pattern}. */
  Map<String, List<Boolean>> pattern() {
    Map<String, List<Boolean>> pattern = new LinkedHashMap<>();
    for (int m = 0; m < modules.size(); m++) {
      List<Boolean> own = new ArrayList<>();
      for (int i = 0; i < config.initR(); i++) {
        own.add(kept.getDouble((long) m * config.initR() + i) != 0);
      }
      pattern.put(path(modules.get(m)), own);
    }
    return pattern;
  }

  private static String path(String module) {
    return module.substring(PREFIX.length()) + AdaLoraWeight.E;
  }

  @Override
  public Map<String, INDArray> state() {
    return Map.of(
        "importance", importance.mean(), "uncertainty", importance.uncertainty(), "kept", kept);
  }

  @Override
  public void restored() {
    if (kept.minNumber().doubleValue() == 0) {
      publish();
    }
  }

  @Override
  public void close() {
    importance.close();
    Scratch.release(kept);
  }
}
