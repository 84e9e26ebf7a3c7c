package org.peft4j.transformers.architecture;

import java.util.List;
import java.util.Optional;

/**
 * An encoder or a decoder.
 *
 * @param input from ids to hidden states
 * @param blocks in the order of the forward pass
 * @param norm after the last block
 * @param projection after it, to the head's width, where that is not the blocks': OPT-350m
 */
public record StackPart(
    InputPart input,
    List<BlockPart> blocks,
    Optional<NormPart> norm,
    Optional<LinearPart> projection) {
  public StackPart {
    blocks = List.copyOf(blocks);
  }
}
