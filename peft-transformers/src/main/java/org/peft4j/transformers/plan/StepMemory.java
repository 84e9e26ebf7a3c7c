package org.peft4j.transformers.plan;

import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;

/**
 * The number of elements that a training step holds beyond weights and adapters.
 *
 * @param output the output of one block
 * @param outputs the outputs of all layers, held from the forward to the backward pass
 * @param kept outside of blocks, from the forward to the backward pass: statistics of norms, and
 *     the input of an adapted projection
 * @param blocks in the order of the forward pass, each run of one that runs several times
 */
record StepMemory(long output, long outputs, long kept, List<Elements> blocks, HeadShape head) {
  /** Output gradients at once: a layer's incoming and outgoing one. */
  private static final int GRADIENTS = 2;

  /** Deeplearning4j's workspaces are larger than what they have held by this part of it. */
  private static final double MORE = 0.02;

  /** Likewise the workspace of all outputs. */
  private static final double MORE_OF_OUTPUTS = 0.05;

  StepMemory {
    blocks = List.copyOf(blocks);
  }

  /**
   * The elements of a step with that batch.
   *
   * @param adapted the names of the adapted sites
   */
  static StepMemory of(ModelArchitecture model, TrainingBatch batch, Set<String> adapted) {
    long rows = batch.tokens();
    long output = rows * model.hiddenSize();
    PartMemory parts = new PartMemory(batch, model.hiddenSize(), adapted);
    List<Elements> blocks =
        model.stacks().stream()
            .flatMap(stack -> stack.blocks().stream())
            .flatMap(block -> Collections.nCopies(block.times(), parts.block(block)).stream())
            .toList();
    long outside = model.stacks().stream().mapToLong(stack -> outside(stack, rows, output)).sum();
    long statistics =
        model.stacks().stream()
            .flatMap(stack -> stack.norm().stream())
            .mapToLong(norm -> rows * PartMemory.statistics(norm))
            .sum();
    long projected =
        model.stacks().stream()
            .filter(stack -> stack.input().table().isPresent())
            .map(StackPart::tokenInput)
            .filter(input -> input.projection().isPresent())
            .filter(input -> adapted.contains(input.projection().get().site().name()))
            .mapToLong(input -> rows * input.tokens().width())
            .sum();
    return new StepMemory(
        output,
        output * blocks.size() + outside,
        statistics + projected,
        blocks,
        head(model, batch));
  }

  private static HeadShape head(ModelArchitecture model, TrainingBatch batch) {
    if (model.head() instanceof HeadPart.Output head) {
      boolean sequence = head instanceof HeadPart.Sequence;
      return new HeadShape(
          sequence ? batch.sequences() : batch.tokens(), head.inputs(), head.outputs());
    }
    return new HeadShape(batch.sequences(), model.hiddenSize(), model.hiddenSize());
  }

  /** The outputs of a stack's embeddings and of the layers after its last block. */
  private static long outside(StackPart stack, long rows, long output) {
    long norm = stack.norm().isPresent() ? output : 0;
    return output + norm + rows * stack.projection().map(LinearPart::outputs).orElse(0L);
  }

  /**
   * The bytes if the gradient goes back through the last {@code back} blocks; earlier blocks keep
   * nothing.
   *
   * @param headAdapted whether an adapter acts on the head
   * @param width bytes of an element
   */
  ActivationMemory bytes(int back, boolean headAdapted, int width) {
    List<Elements> active = blocks.subList(blocks.size() - back, blocks.size());
    List<Elements> frozen = blocks.subList(0, blocks.size() - back);
    long loss = head.temporary(headAdapted);
    long inBlocks = active.stream().mapToLong(Elements::kept).sum();
    OptionalLong temporary = active.stream().mapToLong(Elements::temporary).max();
    OptionalLong again = active.stream().mapToLong(b -> b.kept() + b.again() + b.temporary()).max();
    // What would be kept is temporary where nothing goes back.
    OptionalLong forward = frozen.stream().mapToLong(b -> b.kept() + b.forward()).max();
    long least = Math.max(loss, forward.orElse(0));
    double always = kept + (1 + MORE_OF_OUTPUTS) * outputs + (1 + MORE) * output * GRADIENTS;
    double plain = always + inBlocks + (1 + MORE) * Math.max(least, temporary.orElse(0));
    return new ActivationMemory(
        Math.round(width * plain),
        Math.round(width * plain) - saved(active, width),
        Math.round(width * (always + (1 + MORE) * Math.max(least, again.orElse(0)))));
  }

  /** The bytes less if blocks keep half of each number, and compute in the memory of one block. */
  private static long saved(List<Elements> active, int width) {
    long rounded = active.stream().mapToLong(Elements::rounded).sum();
    long room = active.stream().mapToLong(Elements::rounded).max().orElse(0);
    return width * rounded / 2 - width * room;
  }
}
