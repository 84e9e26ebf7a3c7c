package org.peft4j.lora.internal.tied;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.SharingAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.lowrank.LoraEmbedding;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;

/**
 * LoRA on an embedding table whose change also acts at the modules that share the table ({@code
 * ensure_weight_tying}): A [r, vocabulary] and B [dim, r] are one pair, whose gradient is the sum
 * of all sites'. A file has the pair once more for each of them, as the head's A = Bᵀ and B = Aᵀ.
 *
 * @param lora the part at the table
 * @param tied the modules that share it
 */
public record TiedLora(LoraEmbedding lora, List<Site> tied)
    implements EmbeddingAdapter, LowRankPart, SharingAdapter {
  public TiedLora {
    tied = List.copyOf(tied);
  }

  /** The key of one of the two tensors in a pass. */
  record Shared(TiedLora of, String name) {}

  /**
   * The adapter of a table.
   *
   * @throws PeftException if the config is DoRA, or has another rank or alpha for one of the sites
   */
  public static TiedLora of(Site table, LoraConfig config, Injection injection) {
    LoraShape shape = LoraShape.at(table, config);
    if (config.dora()) {
      throw new PeftException(
          "ensure_weight_tying goes with plain LoRA on "
              + table.name()
              + ": DoRA has norms of its own for each module. Set use_dora or ensure_weight_tying"
              + " to false.");
    }
    for (Site other : injection.tied(table)) {
      LoraShape there = LoraShape.at(other, config);
      if (there.rank() != shape.rank() || there.scale() != shape.scale()) {
        throw new PeftException(
            "ensure_weight_tying needs one rank and one alpha for "
                + table.name()
                + " and "
                + other.name()
                + "; rank_pattern or alpha_pattern gives them others.");
      }
    }
    return new TiedLora(new LoraEmbedding(table, shape), injection.tied(table));
  }

  @Override
  public Site site() {
    return lora.site();
  }

  @Override
  public LoraShape shape() {
    return lora.shape();
  }

  @Override
  public String nameOfA() {
    return lora.nameOfA();
  }

  @Override
  public String nameOfB() {
    return lora.nameOfB();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return lora.parameters();
  }

  @Override
  public Adapter at(Site other) {
    return new TiedLoraHead(other, this);
  }

  @Override
  public Map<String, INDArray> copies(Tensors tensors) {
    Map<String, INDArray> copies = new LinkedHashMap<>();
    for (Site head : tied) {
      copies.put(key(head, LoraLinear.A), tensors.get(nameOfB()).transpose());
      copies.put(key(head, LoraLinear.B), tensors.get(nameOfA()).transpose());
    }
    return copies;
  }

  @Override
  public Map<String, List<Long>> copyShapes() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    long rank = shape().rank();
    for (Site head : tied) {
      shapes.put(key(head, LoraLinear.A), List.of(rank, site().outputs()));
      shapes.put(key(head, LoraLinear.B), List.of(site().inputs(), rank));
    }
    return shapes;
  }

  private static String key(Site head, String name) {
    return KEY_ROOT + head.name() + "." + name;
  }

  @Override
  public void forward(Pass pass, Tensors parameters, int[] ids, INDArray y) {
    for (String name : List.of(nameOfA(), nameOfB())) {
      pass.state().put(new Shared(this, name), parameters.get(name));
    }
    lora.forward(pass, parameters, ids, y);
  }

  @Override
  public void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients) {
    lora.backward(pass, parameters, ids, dy, gradients);
    gradients
        .asMap()
        .forEach(
            (name, gradient) -> {
              INDArray ofHeads = pass.state().takeGradient(new Shared(this, name));
              if (ofHeads != null) {
                gradient.addi(ofHeads);
                ofHeads.close();
              }
            });
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    lora.addDelta(pass, parameters, weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    lora.deltaGradient(pass, parameters, weightGradient, gradients);
  }
}
