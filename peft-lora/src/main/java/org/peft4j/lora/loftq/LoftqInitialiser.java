package org.peft4j.lora.loftq;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.algebra.PrincipalParts;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.start.LowRankRest;
import org.peft4j.method.AdapterView;
import org.peft4j.site.Site;
import org.peft4j.start.OriginalWeights;
import org.peft4j.weight.FrozenWeight;

/**
 * LoftQ's first values on a base that is quantised already: for the original weight W and the
 * quantised Q of each adapted linear map, s·B·A begins as the closest matrix of rank r to W − Q.
 * What Hugging Face PEFT's {@code replace_lora_weights_loftq} does, but for s, which it leaves out.
 *
 * <pre>{@code
 * PeftModel<ComputationGraph> model = base.wrap(LoftqInitialiser.before(config));
 * try (OriginalWeights original = OriginalCheckpoint.open(folder, base)) {
 *   new LoftqInitialiser(model, Peft.DEFAULT_ADAPTER).apply(original);
 * }
 * }</pre>
 *
 * <p>The adapter is saved as plain LoRA: it needs the same quantised base, and no original.
 */
public final class LoftqInitialiser {
  /** Beyond it Q and W are of different models. */
  private static final double FARTHEST = 0.5;

  private final PeftModel<?> model;
  private final String adapter;
  private final List<LoraLinear> parts = new ArrayList<>();

  /**
   * @param adapter a new LoRA adapter, whose parts beside quantised weights are plain
   * @throws PeftException if it is of another method or variant, or no weight beside it is
   *     quantised
   */
  public LoftqInitialiser(PeftModel<?> model, String adapter) {
    this.model = model;
    this.adapter = adapter;
    if (!(model.config(adapter) instanceof LoraConfig)) {
      throw new PeftException(
          "Adapter \"" + adapter + "\" is of " + model.config(adapter).peftType() + ", not LORA.");
    }
    for (Adapter part : model.adapter(adapter).parts()) {
      if (part instanceof TrainableCopy || !isQuantised(part.site())) {
        continue; // It begins as other adapters do.
      }
      if (!(part instanceof LoraLinear linear)) {
        throw new PeftException(
            "LoftQ gives first values to plain LoRA on linear modules; "
                + part.site().name()
                + " has another variant. Leave out use_dora, use_qalora and other starts.");
      }
      rank(linear.site(), linear.shape());
      parts.add(linear);
    }
    if (parts.isEmpty()) {
      throw new PeftException(
          "No weight beside adapter \""
              + adapter
              + "\" is quantised. On weights that are numbers, LoftQ is init_lora_weights loftq;"
              + " or load the base in fewer bits.");
    }
  }

  /** The config to add the adapter with: plain LoRA, as which it will be saved. */
  public static LoraConfig before(LoraConfig config) {
    return config.toBuilder().init(LoraInit.STANDARD).loftq(LoftQ.DEFAULT).build();
  }

  private boolean isQuantised(Site site) {
    return model.training().frozen().weight(site).array().isEmpty();
  }

  /** The rank at a site, which must not be larger than the weight's. */
  static int rank(Site site, LoraShape shape) {
    long most = Math.min(site.inputs(), site.outputs());
    if (shape.rank() > most) {
      throw new PeftException(
          "LoftQ needs a rank of at most %,d at %s; r is %,d there."
              .formatted(most, site.name(), shape.rank()));
    }
    return shape.rank();
  }

  /**
   * Gives the adapter its values, module by module; in memory are one original weight at a time,
   * and its decomposition.
   *
   * @return the number of modules
   * @throws PeftException if an original is missing, or so far from its quantised weight that it is
   *     another model's
   */
  public int apply(OriginalWeights original) {
    return apply(original, site -> true);
  }

  /**
   * Gives the adapter its values where that helps.
   *
   * @param keep asked for each module once it has its values, such as by running the model; where
   *     it answers false, the module gets its values of before
   * @return the number of modules that kept them
   */
  public int apply(OriginalWeights original, Predicate<Site> keep) {
    AdapterView view = model.adapter(adapter);
    int kept = 0;
    for (LoraLinear part : parts) {
      String module = "base_model.model." + part.site().name() + ".";
      INDArray a = tensor(view, module + LoraLinear.A);
      INDArray b = tensor(view, module + LoraLinear.B);
      INDArray earlierA = a.dup();
      INDArray earlierB = b.dup();
      LowRankRest.fill(beside(part, original), part.shape().scale(), a, b);
      if (keep.test(part.site())) {
        kept++;
      } else {
        a.assign(earlierA);
        b.assign(earlierB);
      }
    }
    return kept;
  }

  private static INDArray tensor(AdapterView view, String key) {
    INDArray tensor = view.tensors().get(key);
    if (tensor == null) {
      throw new IllegalStateException(key);
    }
    return tensor;
  }

  private PrincipalParts beside(LoraLinear part, OriginalWeights original) {
    Site site = part.site();
    FrozenWeight q = model.training().frozen().weight(site);
    INDArray matrix;
    try (FrozenWeight weight = original.weight(site)) {
      matrix = weight.widened(DataType.DOUBLE);
    }
    try (matrix) {
      requireNear(site, matrix, q);
      return LowRankRest.beside(matrix, q, part.shape().rank());
    }
  }

  private static void requireNear(Site site, INDArray matrix, FrozenWeight q) {
    double distance;
    try (INDArray values = q.widened(DataType.DOUBLE)) {
      distance = values.rsubi(matrix).norm2Number().doubleValue();
    }
    double size = matrix.norm2Number().doubleValue();
    if (!(distance <= FARTHEST * size)) {
      throw new PeftException(
          "%s in %s is %.0f %% away from the original weight, which is another model's. Give the checkpoint that was quantised."
              .formatted(site.name(), q.format(), 100 * distance / Math.max(size, 1e-30)));
    }
  }
}
