package org.peft4j.transformers.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.quantization.Quantization;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModuleParameter;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.internal.weights.OffloadedSizes;

/**
 * The sizes of a model's frozen weights in any format.
 *
 * @param vectors elements of biases and of the weights of normalisations
 * @param matrices elements of everything else; shared ones count once
 * @param inBlocks each linear weight in a block, by its module's path; they are among the matrices
 * @param blocks the modules' paths of each block
 */
public record WeightSizes(
    long vectors, long matrices, Map<String, Matrix> inBlocks, List<List<String>> blocks) {
  /** The shape of a weight W. */
  public record Matrix(long out, long in) {}

  public WeightSizes {
    inBlocks = Map.copyOf(inBlocks);
    blocks = blocks.stream().map(List::copyOf).toList();
  }

  static WeightSizes of(ModelArchitecture model) {
    long[] elements = new long[2];
    model.distinctParameters().stream()
        .map(ModuleParameter::parameter)
        .forEach(parameter -> elements[isMatrix(parameter) ? 1 : 0] += parameter.count());
    Map<String, Matrix> inBlocks = new TreeMap<>();
    List<List<String>> blocks = new ArrayList<>();
    for (BlockPart block : model.stacks().stream().flatMap(s -> s.blocks().stream()).toList()) {
      List<Site> sites =
          block.modules().stream()
              .filter(LinearPart.class::isInstance)
              .map(ModulePart::site)
              .toList();
      sites.forEach(s -> inBlocks.put(s.name(), new Matrix(s.outputs(), s.inputs())));
      blocks.add(sites.stream().map(Site::name).toList());
    }
    return new WeightSizes(elements[0], elements[1], inBlocks, blocks);
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
    return DataType.FLOAT.width() * vectors + width(precision) * matrices;
  }

  /** Bytes with the linear weights of blocks in fewer bits, where there is a quantisation. */
  public long bytes(Precision precision, Optional<Quantization> quantization) {
    return bytes(precision)
        - of(inBlocks.keySet(), precision, Optional.empty())
        + of(inBlocks.keySet(), precision, quantization);
  }

  /**
   * Bytes in memory while the linear weights of all blocks but one stay in their file.
   *
   * @param kept bytes of the first blocks that remain in memory
   */
  public long offloaded(Precision precision, Optional<Quantization> quantization, long kept) {
    long[] eachBlock = blocks.stream().mapToLong(m -> of(m, precision, quantization)).toArray();
    return bytes(precision)
        - of(inBlocks.keySet(), precision, Optional.empty())
        + OffloadedSizes.inMemory(eachBlock, kept);
  }

  private long of(
      Collection<String> modules, Precision precision, Optional<Quantization> quantization) {
    return modules.stream().mapToLong(module -> bytes(module, precision, quantization)).sum();
  }

  private long bytes(String module, Precision precision, Optional<Quantization> quantization) {
    Matrix w = Objects.requireNonNull(inBlocks.get(module));
    return quantization
        .filter(bits -> !bits.skips(module))
        .map(bits -> bits.bytes(w.out(), w.in()))
        .orElse(width(precision) * w.out() * w.in());
  }

  private static int width(Precision precision) {
    return (precision == Precision.BF16 ? DataType.BFLOAT16 : DataType.FLOAT).width();
  }
}
