package org.peft4j.transformers.internal.attention;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.internal.model.Modules;
import org.peft4j.transformers.internal.position.KeyPositions;
import org.peft4j.transformers.internal.position.PassPatterns;
import org.peft4j.transformers.internal.position.PassPatterns.RelativeTable;
import org.peft4j.transformers.internal.position.RelativeBuckets;

/**
 * A learnt bias for each head and bucket of distances. The first block of a stack has the table:
 * its attention looks up the rows, with their adapters, once a pass, and the attentions of all
 * blocks read them. In the backward pass all add to the rows' gradient. The backward pass reaches
 * the first block last, when that gradient is complete.
 */
final class RelativePositions {
  private final String name;
  private final int heads;
  private final int[] indices;
  private final RelativeBuckets buckets;
  private final PassPatterns patterns;
  private final Modules modules;
  private final AttentionPart.RelativeBias part;
  private final @Nullable EmbeddingModule table;

  RelativePositions(AttentionPart.RelativeBias part, Modules modules) {
    this.part = part;
    this.modules = modules;
    this.name = part.table().site().name();
    this.heads = Math.toIntExact(part.table().width());
    this.indices = IntStream.range(0, part.table().rows()).toArray();
    this.buckets =
        new RelativeBuckets(part.table().rows(), part.maxDistance(), part.bidirectional());
    this.patterns = modules.model().patterns();
    this.table = modules.has(part.table().site()) ? modules.embedding(part.table()) : null;
  }

  /** The name of the table; all attentions with the same bias share it. */
  String name() {
    return name;
  }

  /** Whether this attention has the table and adapters act on it now. */
  boolean acts() {
    return table != null && modules.acts(part.table().site());
  }

  /** Looks up the rows if this attention has the table. */
  void begin(Pass pass, DataType type) {
    if (table != null) {
      INDArray rows = patterns.table(name, () -> room(type)).rows();
      table.forward(pass, indices, rows);
    }
  }

  private RelativeTable room(DataType type) {
    INDArray rows = DetachedArrays.zeros(type, indices.length, heads);
    return new RelativeTable(
        rows, acts() ? DetachedArrays.zeros(type, indices.length, heads) : null);
  }

  private RelativeTable shared() {
    return patterns.table(
        name,
        () -> {
          throw new IllegalStateException(name + " was asked for before the first block ran.");
        });
  }

  /** See {@link RelativeBuckets#bias}. */
  INDArray bias(Pass pass, KeyPositions keys, int past, int queries) {
    return buckets.bias(pass.kernels(), shared().rows(), keys, past, queries);
  }

  /** Whether the gradient of the rows is needed. */
  boolean gradientNeeded() {
    return shared().gradient() != null;
  }

  /**
   * Adds to the gradient of the rows; the attention with the table writes the gradients of its
   * adapters.
   *
   * @param dBias [1 or batch, heads, queries, keys]
   */
  void backward(Pass pass, KeyPositions keys, int past, INDArray dBias) {
    INDArray gradient = shared().gradient();
    if (gradient != null) {
      buckets.addGradient(pass.kernels(), dBias, keys, past, gradient);
      if (table != null) {
        table.backward(pass, indices, gradient);
      }
    }
  }
}
