package org.peft4j.transformers.plan;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Activation;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.BranchPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;

/**
 * The elements that each part of a block holds in training, for one batch.
 *
 * @param width of hidden states
 * @param adapted the names of the adapted sites: where none acts, inputs are not computed again
 */
record PartMemory(TrainingBatch batch, long width, Set<String> adapted) {
  /** The elements of a whole block that runs once, or of each run of several. */
  Elements block(BlockPart block) {
    List<ResidualPart> sublayers = block.sublayers();
    // Gradients between runs.
    Elements all = Elements.temporary(block.times() == 1 ? 0 : 2 * hidden());
    boolean room = false;
    for (int i = 0; i < sublayers.size(); i++) {
      ResidualPart part = sublayers.get(i);
      boolean last = i == sublayers.size() - 1;
      all = all.plus(sublayer(part, !last || normed(part)));
      room = room || part.before().isPresent();
      room = room || part.branches().stream().anyMatch(branch -> branch.before().isPresent());
      if (!last) { // The last result is the block's output.
        all = all.plus(result(part, sublayers.get(i + 1)));
      }
    }
    // One array for the results of all norms before branches.
    all = room ? all.plus(new Elements(0, hidden(), hidden(), 0)) : all;
    return normed(sublayers.get(sublayers.size() - 1))
        ? all.plus(new Elements(0, 0, hidden(), 0))
        : all;
  }

  /** Whether a norm makes its result. */
  private static boolean normed(ResidualPart part) {
    return part.after().isPresent()
        || part.branches().stream().anyMatch(branch -> branch.after().isPresent());
  }

  /**
   * A sub-layer's result and its gradient. The result of a norm is not kept; the backward pass
   * computes it again, from the sum that it keeps, where the next sub-layer needs it.
   */
  private Elements result(ResidualPart part, ResidualPart next) {
    return part.after()
        .map(
            norm -> {
              long again = needsInput(next) ? hidden() + statistics(norm) * batch.tokens() : 0;
              return new Elements(0, hidden(), hidden(), hidden() + again);
            })
        .orElseGet(() -> new Elements(hidden(), 0, 0, hidden()));
  }

  private boolean needsInput(ResidualPart part) {
    return part.before().isPresent()
        || part.branches().stream().anyMatch(b -> b.before().isPresent() || needsInput(b.mixer()));
  }

  /**
   * The elements of a sub-layer.
   *
   * @param added whether a repeated forward pass needs what its branches add
   */
  private Elements sublayer(ResidualPart part, boolean added) {
    boolean given =
        part.branches().stream()
            .anyMatch(branch -> branch.before().isEmpty() && needsInput(branch.mixer()));
    Elements all = before(part.before(), given);
    for (BranchPart branch : part.branches()) {
      all = all.plus(before(branch.before(), needsInput(branch.mixer())));
      all = all.plus(mixer(branch.mixer(), added)).plus(after(branch.after()));
    }
    return all.plus(after(part.after()));
  }

  /** Whether adapters act on modules that read what the mixer is given. */
  private boolean needsInput(MixerPart mixer) {
    LinearPart last =
        mixer instanceof AttentionPart attention
            ? attention.output()
            : ((FeedForwardPart) mixer).down();
    return mixer.modules().stream()
        .filter(module -> !module.equals(last))
        .anyMatch(module -> acts(module.site()));
  }

  private boolean acts(Site site) {
    return adapted.contains(site.name());
  }

  /** A row for each token, as wide as hidden states. */
  private long hidden() {
    return batch.tokens() * width;
  }

  /**
   * A norm's statistics, the gradient of its result, and the result, which the backward pass
   * computes again where it is needed.
   */
  private Elements before(Optional<NormPart> part, boolean again) {
    return part.map(
            norm -> {
              long statistics = statistics(norm) * batch.tokens();
              return Elements.exact(statistics)
                  .plus(Elements.temporary(hidden() + (again ? hidden() + statistics : 0)));
            })
        .orElse(Elements.NONE);
  }

  /** A norm with its kept input, a sum or a branch's result, and the gradient of that. */
  private Elements after(Optional<NormPart> part) {
    return part.map(
            norm -> {
              long statistics = statistics(norm) * batch.tokens();
              return Elements.exact(statistics).plus(new Elements(hidden(), 0, 0, hidden()));
            })
        .orElse(Elements.NONE);
  }

  /** The statistics of each row: layer normalisation has a mean beside the deviation. */
  static long statistics(NormPart norm) {
    return norm.kind() == NormPart.Kind.LAYER ? 2 : 1;
  }

  private Elements mixer(MixerPart mixer, boolean added) {
    return mixer instanceof AttentionPart attention
        ? AttentionMemory.of(attention, batch)
        : feedForward((FeedForwardPart) mixer, added);
  }

  /**
   * The activation's input and, with a gate, the factor of its result; their product, which the
   * backward pass computes again for an adapter that reads it.
   */
  private Elements feedForward(FeedForwardPart part, boolean added) {
    long inner = batch.tokens() * part.innerSize();
    long kept = (part.gated() ? 2 : 1) * inner;
    // The gradients of all of them, and half of GELU's gradient.
    long gradients = (part.gated() ? 3 : 1) * inner;
    long apart = !part.gated() && part.activation() == Activation.GELU_TANH ? inner : 0;
    long product = acts(part.down().site()) ? inner : 0;
    return new Elements(kept, inner, added ? inner : 0, gradients + apart + product);
  }
}
