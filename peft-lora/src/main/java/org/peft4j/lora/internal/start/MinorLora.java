package org.peft4j.lora.internal.start;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.lora.internal.lowrank.LoraEmbedding;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.memory.Scratch;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;

/**
 * MiCA (minor component adaptation, arXiv 2604.01694): LoRA whose B keeps the values of {@link
 * MinorParts} and does not train, while A starts at zero.
 */
public final class MinorLora {
  private MinorLora() {}

  /**
   * The adapter for a linear map or an embedding.
   *
   * @throws PeftException if the site has another kind, or the rank is larger than the weight's
   */
  public static Adapter at(Site site, LoraShape shape, FrozenValues frozen) {
    return switch (site.kind()) {
      case LINEAR ->
          new MinorLinear(new LoraLinear(site, shape), new MinorParts(site, shape, frozen));
      case EMBEDDING ->
          new MinorEmbedding(new LoraEmbedding(site, shape), new MinorParts(site, shape, frozen));
      default ->
          throw new PeftException(
              "init_lora_weights mica is for linear modules and embeddings; "
                  + site.name()
                  + " is of the sort "
                  + site.kind()
                  + ". Exclude it, or take another initialisation.");
    };
  }

  /** A zero, and B the minor parts, which do not train. */
  static List<ParameterSpec> parameters(LowRankPart lora, MinorParts first) {
    List<ParameterSpec> specs = new ArrayList<>();
    for (ParameterSpec spec : lora.parameters()) {
      specs.add(
          spec.name().equals(lora.nameOfB())
              ? new ParameterSpec(
                  spec.name(), spec.shape(), (target, random) -> first.fill(target), false)
              : new ParameterSpec(spec.name(), spec.shape(), Initializer.zeros()));
    }
    return specs;
  }

  /** Runs a backward pass, whose gradient of B is of no use. */
  static void backward(
      LowRankPart lora, Tensors parameters, Tensors gradients, Consumer<Tensors> pass) {
    INDArray b = parameters.get(lora.nameOfB());
    INDArray unused = Scratch.of(b.dataType(), b.shape());
    Map<String, INDArray> all = new LinkedHashMap<>(gradients.asMap());
    all.put(lora.nameOfB(), unused);
    pass.accept(new Tensors(all));
    Scratch.release(unused);
  }
}
