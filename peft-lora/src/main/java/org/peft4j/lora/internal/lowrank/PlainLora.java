package org.peft4j.lora.internal.lowrank;

import org.peft4j.adapter.Adapter;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/** Plain LoRA: {@code h = W₀·x + s·B·A·x}, at a site of any kind that has a weight. */
public final class PlainLora {
  private PlainLora() {}

  /**
   * The adapter for a linear map, an embedding or a convolution.
   *
   * @throws PeftException if the site has another kind, or cannot have the bias in {@code shape}
   */
  public static Adapter at(Site site, LoraShape shape) {
    return switch (site.kind()) {
      case LINEAR -> {
        if (shape.bias() && !site.name().equals(site.module())) {
          throw new PeftException(
              "lora_bias is for modules with one matrix; "
                  + site.name()
                  + " is one of several of "
                  + site.module()
                  + ". Exclude that module or drop lora_bias.");
        }
        yield new LoraLinear(site, shape);
      }
      case EMBEDDING -> new LoraEmbedding(site, shape);
      case CONVOLUTION -> {
        if (shape.bias()) {
          throw new PeftException(
              "lora_bias is for linear modules; "
                  + site.name()
                  + " is a convolution. Exclude it or drop lora_bias.");
        }
        yield new LoraLinear(site, shape);
      }
      case NORM, PARAMETERS, ATTENTION, SUBLAYER, PROMPT ->
          throw new PeftException(
              "LoRA cannot be grafted on " + site.name() + ", a site of kind " + site.kind() + ".");
    };
  }
}
