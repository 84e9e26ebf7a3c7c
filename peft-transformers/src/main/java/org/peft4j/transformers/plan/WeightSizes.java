package org.peft4j.transformers.plan;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.quantization.Quantization;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModuleParameter;
import org.peft4j.transformers.config.Precision;

/**
 * The sizes of a model's frozen weights in any format.
 *
 * @param vectors elements of biases and of the weights of normalisations
 * @param matrices elements of everything else; shared ones count once
 * @param inBlocks each linear weight in a block, by its module's path; they are among the matrices
 */
public record WeightSizes(long vectors, long matrices, Map<String, Matrix> inBlocks) {
  /** The shape of a weight W. */
  public record Matrix(long out, long in) {}

  public WeightSizes {
    inBlocks = Map.copyOf(inBlocks);
  }

  static WeightSizes of(ModelArchitecture model) {
    long[] elements = new long[2];
    model.distinctParameters().stream()
        .map(ModuleParameter::parameter)
        .forEach(parameter -> elements[isMatrix(parameter) ? 1 : 0] += parameter.count());
    Map<String, Matrix> inBlocks = new TreeMap<>();
    model.stacks().stream()
        .flatMap(stack -> stack.blocks().stream())
        .flatMap(block -> block.modules().stream())
        .filter(LinearPart.class::isInstance)
        .forEach(
            linear ->
                inBlocks.put(
                    linear.site().name(),
                    new Matrix(linear.site().outputs(), linear.site().inputs())));
    return new WeightSizes(elements[0], elements[1], inBlocks);
  }

  private static boolean isMatrix(SiteParameter parameter) {
    return parameter.shape().size() > 1;
  }

  /** The number of all elements. */
  public long count() {
    return vectors + matrices;
  }

  /** Bytes of all weights. */
  public long bytes(Precision precision) {
    int width = (precision == Precision.BF16 ? DataType.BFLOAT16 : DataType.FLOAT).width();
    return DataType.FLOAT.width() * vectors + width * matrices;
  }

  /** Bytes with the linear weights of blocks in fewer bits, where there is a quantisation. */
  public long bytes(Precision precision, Optional<Quantization> quantization) {
    long bytes = bytes(precision);
    if (quantization.isPresent()) {
      int width = (precision == Precision.BF16 ? DataType.BFLOAT16 : DataType.FLOAT).width();
      for (Map.Entry<String, Matrix> module : inBlocks.entrySet()) {
        if (!quantization.get().skips(module.getKey())) {
          Matrix w = module.getValue();
          bytes += quantization.get().bytes(w.out(), w.in()) - width * w.out() * w.in();
        }
      }
    }
    return bytes;
  }
}
