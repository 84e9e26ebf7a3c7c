package org.peft4j.transformers.plan;

import java.util.List;
import java.util.OptionalLong;

/**
 * The numbers of elements that a training step holds beside weights and adapters.
 *
 * @param output the output of one layer
 * @param outputs how many of them are held from the forward to the backward pass
 * @param statistics of normalisations outside of blocks
 * @param blocks in the order of the forward pass
 */
record StepShape(
    long output, int outputs, long statistics, List<BlockShape> blocks, HeadShape head) {
  /** Gradients of outputs at once: that which comes, that which goes. */
  private static final int GRADIENTS = 2;

  StepShape {
    blocks = List.copyOf(blocks);
  }

  /**
   * The bytes for adapters of which the lowest is in, or below, the last {@code back} blocks: those
   * before it keep nothing.
   *
   * @param headAdapted whether an adapter is on the head
   */
  ActivationMemory bytes(int back, boolean headAdapted, int width) {
    List<BlockShape> active = blocks.subList(blocks.size() - back, blocks.size());
    long loss = head.temporary(headAdapted);
    long kept = active.stream().mapToLong(BlockShape::kept).sum();
    OptionalLong temporary = active.stream().mapToLong(BlockShape::temporary).max();
    OptionalLong again = active.stream().mapToLong(b -> b.kept() + b.temporary() + output).max();
    long always = output * (outputs + GRADIENTS) + statistics;
    return new ActivationMemory(
        width * (always + kept + Math.max(loss, temporary.orElse(0))),
        width * (always + Math.max(loss, again.orElse(0))));
  }
}
