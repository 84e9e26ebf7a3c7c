package org.peft4j.benchmarks.kernels;

import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;

/** Attention of a block, forward and backward, with a causal pattern. */
final class AttentionCases {
  private AttentionCases() {}

  /** GPT-2 124M with 4 × 128 tokens and with one row of 1,024, and TinyLlama with 1 × 256. */
  static List<KernelCase> all() {
    Extent gpt2 = new Extent(4, 12, 12, 128, 64);
    Extent llama = new Extent(1, 32, 4, 256, 64);
    Extent row = new Extent(1, 12, 12, 1024, 64);
    return Stream.of(gpt2, row, llama).flatMap(e -> Stream.of(forward(e), backward(e))).toList();
  }

  private record Extent(long batch, long heads, long keyValueHeads, long time, long width) {
    String name() {
      return "%dx%dx%dx%d".formatted(batch, heads, time, width);
    }

    long[] queries() {
      return new long[] {batch, time, heads, width};
    }

    long[] keys() {
      return new long[] {batch, time, keyValueHeads, width};
    }

    long[] probabilities() {
      return new long[] {batch, heads, time, time};
    }

    AttentionPattern pattern() {
      return AttentionPattern.causal((int) time);
    }

    AttentionScores scores() {
      return AttentionScores.scaled(1 / Math.sqrt(width));
    }

    /** Operations of one product with all positions, including those above the diagonal. */
    double flops() {
      return 2.0 * batch * heads * time * time * width;
    }

    double bytes() {
      return KernelCases.floats(
          batch * time * (heads * (2 * width + time) + 2 * keyValueHeads * width));
    }
  }

  private static KernelCase forward(Extent extent) {
    return new KernelCase(
        "attention " + extent.name(),
        2 * extent.flops(),
        extent.bytes(),
        (kernels, arrays) -> {
          INDArray q = arrays.random(extent.queries());
          INDArray k = arrays.random(extent.keys());
          INDArray v = arrays.random(extent.keys());
          INDArray probabilities = arrays.zeros(extent.probabilities());
          INDArray context = arrays.zeros(extent.queries());
          return () ->
              kernels.attention(q, k, v, extent.pattern(), extent.scores(), probabilities, context);
        });
  }

  private static KernelCase backward(Extent extent) {
    return new KernelCase(
        "attentionGradient " + extent.name(),
        4 * extent.flops(),
        2 * extent.bytes(),
        (kernels, arrays) -> {
          INDArray q = arrays.random(extent.queries());
          INDArray k = arrays.random(extent.keys());
          INDArray v = arrays.random(extent.keys());
          INDArray probabilities = arrays.zeros(extent.probabilities());
          INDArray context = arrays.zeros(extent.queries());
          kernels.attention(q, k, v, extent.pattern(), extent.scores(), probabilities, context);
          INDArray dContext = arrays.random(extent.queries());
          INDArray dq = arrays.zeros(extent.queries());
          INDArray dk = arrays.zeros(extent.keys());
          INDArray dv = arrays.zeros(extent.keys());
          return () ->
              kernels.attentionGradient(
                  q,
                  k,
                  v,
                  extent.pattern(),
                  extent.scores(),
                  probabilities,
                  context,
                  dContext,
                  dq,
                  dk,
                  dv,
                  null);
        });
  }
}
