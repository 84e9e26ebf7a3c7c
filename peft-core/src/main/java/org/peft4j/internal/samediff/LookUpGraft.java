package org.peft4j.internal.samediff;

import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.peft4j.internal.graft.EmbeddingGrafts;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.internal.samediff.sites.NativeOp;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * A look-up in a frozen table with adapters beside it. The base graph's own operation looks up; its
 * gradient, which M2.1 computes wrong where a row occurs twice, is not used. Arguments: parameters,
 * the table, the ids.
 */
final class LookUpGraft extends GraphGraft {
  private final NativeOp op;
  private final FrozenWeight table;

  LookUpGraft(Surroundings around, Site site, List<Slot> slots, NativeOp op, FrozenWeight table) {
    super(around, site, slots);
    this.op = op;
    this.table = table;
  }

  @Override
  boolean hasInput() {
    return false;
  }

  @Override
  LongShapeDescriptor shape(List<INDArray> arguments) {
    INDArray stored = arguments.get(parameters().size());
    INDArray ids = arguments.get(parameters().size() + 1);
    long[] shape =
        LongStream.concat(LongStream.of(ids.shape()), LongStream.of(stored.size(1))).toArray();
    return LongShapeDescriptor.fromShape(shape, stored.dataType());
  }

  @Override
  void forward(Step step, INDArray output) {
    INDArray ids = step.frozen(1);
    op.run(List.of(step.site().parameter("weight", step.frozen(0)), ids), output);
    if (step.site().acts()) {
      new EmbeddingGrafts(step.site()).forward(step.pass(), numbers(ids), rows(output));
    }
  }

  @Override
  void backward(Step step, INDArray dy, @Nullable INDArray dx) {
    if (!step.site().acts()) {
      return;
    }
    INDArray rows = rows(dy);
    INDArray upstream = rowMajor(rows);
    new EmbeddingModule(step.site(), table)
        .backward(step.pass(), numbers(step.frozen(1)), upstream);
    release(upstream, rows);
  }

  private INDArray rows(INDArray vectors) {
    return vectors.reshape('c', new long[] {-1, table.shape()[1]});
  }

  private static int[] numbers(INDArray ids) {
    return ids.reshape('c', new long[] {ids.length()}).toIntVector();
  }
}
