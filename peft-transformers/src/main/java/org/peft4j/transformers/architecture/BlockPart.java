package org.peft4j.transformers.architecture;

import java.util.List;

/**
 * A transformer block: its residual sub-layers, one after the other.
 *
 * @param name its path in the checkpoint: {@code model.layers.0}
 */
public record BlockPart(String name, List<ResidualPart> sublayers) {
  public BlockPart {
    sublayers = List.copyOf(sublayers);
  }
}
