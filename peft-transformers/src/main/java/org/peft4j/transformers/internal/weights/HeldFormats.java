package org.peft4j.transformers.internal.weights;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.internal.quantized.Quantizer;
import org.peft4j.internal.quantized.stored.StoredWeight;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.quantization.Quantization;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.start.BeforeQuantization;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/**
 * How each tensor of a checkpoint is held in memory.
 *
 * @param vectors the type of vectors: biases, and the weights of normalisations
 * @param matrices the type of matrices
 * @param quantization of the tensors in {@code quantized}
 * @param quantized linear maps by the keys of their weights
 * @param before what is quantised in place of them
 * @param widening whether weights that a checkpoint holds in fewer bits become numbers
 */
public record HeldFormats(
    DataType vectors,
    DataType matrices,
    Optional<Quantization> quantization,
    Map<String, Site> quantized,
    BeforeQuantization before,
    boolean widening) {
  private static final int CHUNK = 1 << 20;

  public HeldFormats {
    quantized = Map.copyOf(quantized);
  }

  /** Everything in these types. */
  public static HeldFormats of(DataType vectors, DataType matrices) {
    return new HeldFormats(
        vectors, matrices, Optional.empty(), Map.of(), BeforeQuantization.NONE, false);
  }

  /** The linear weights of the blocks in fewer bits, but for the modules that it skips. */
  public HeldFormats quantizing(Quantization value, ModelArchitecture model) {
    return quantizing(value, linearParts(model).map(LinearPart::site));
  }

  /** The weights of those linear maps in fewer bits, but for the modules that it skips. */
  public HeldFormats quantizing(Quantization value, Stream<Site> linear) {
    Map<String, Site> sites = new HashMap<>();
    linear
        .filter(site -> !value.skips(site.name()))
        .forEach(site -> sites.put(weightKey(site), site));
    return new HeldFormats(vectors, matrices, Optional.of(value), sites, before, widening);
  }

  /** These, where weights that a checkpoint holds in fewer bits become numbers. */
  public HeldFormats widening(boolean value) {
    return new HeldFormats(vectors, matrices, quantization, quantized, before, value);
  }

  /** These, with something else in place of the weights that are quantised. */
  public HeldFormats before(BeforeQuantization value) {
    return new HeldFormats(vectors, matrices, quantization, quantized, value, widening);
  }

  private static Stream<LinearPart> linearParts(ModelArchitecture model) {
    return model.stacks().stream()
        .flatMap(stack -> stack.blocks().stream())
        .flatMap(block -> block.modules().stream())
        .filter(LinearPart.class::isInstance)
        .map(LinearPart.class::cast);
  }

  private static String weightKey(Site site) {
    return TensorKeys.key(site, site.parameters().get(0));
  }

  /** Reads a tensor as the weight of {@code key}. */
  public FrozenWeight read(String key, TensorSource source, TensorInfo info, WeightView view) {
    Site site = quantized.get(key);
    if (quantization.isEmpty() || site == null) {
      return DenseWeight.of(
          array(source, info, info.shape().size() > 1 ? matrices : vectors), view);
    }
    // In the vectors' type, which is not rounded before. Mapped, its pages would stay in memory.
    INDArray whole = copy(source, info, vectors);
    try (whole) {
      Optional<INDArray> instead = before.instead(site, view.of(whole));
      INDArray taken = instead.map(w -> view.stored(w, whole.shape())).orElse(whole);
      FrozenWeight weight = Quantizer.of(quantization.get()).quantize(key, taken, view, matrices);
      instead.ifPresent(INDArray::close);
      return weight;
    }
  }

  /** The pages of a tensor's file where it is held as it lies there; none where it is not. */
  List<ByteBuffer> pages(String key, TensorSource source, TensorInfo info) {
    boolean stays =
        !(quantization.isPresent() && quantized.containsKey(key))
            && MappedArrays.possible(info, info.shape().size() > 1 ? matrices : vectors);
    return stays ? List.of(source.buffer(info.name())) : List.of();
  }

  /** The same of a weight that the checkpoint holds in fewer bits. */
  List<ByteBuffer> pages(TensorSource source, StoredWeight weight) {
    return weight.mapped() && !widening
        ? weight.tensors().stream().map(source::buffer).toList()
        : List.of();
  }

  /** Reads a weight that the checkpoint holds in fewer bits. */
  FrozenWeight read(StoredWeight stored, WeightView view) {
    QuantizedWeight weight = stored.reader().read(view, matrices);
    if (!widening) {
      return weight;
    }
    try (weight) {
      INDArray values = DetachedArrays.zeros(matrices, weight.storedShape());
      weight.read(values);
      return DenseWeight.of(values, view);
    }
  }

  /** Reads a tensor of constants, in the type of vectors. */
  FrozenWeight exact(TensorSource source, TensorInfo info) {
    return DenseWeight.of(array(source, info, vectors), WeightView.AS_STORED);
  }

  private static INDArray array(TensorSource source, TensorInfo info, DataType held) {
    return MappedArrays.possible(info, held)
        ? MappedArrays.of(source, info, held)
        : copy(source, info, held);
  }

  private static INDArray copy(TensorSource source, TensorInfo info, DataType held) {
    boolean number = info.shape().isEmpty();
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    INDArray array = DetachedArrays.uninitialized(held, number ? new long[] {1} : shape);
    INDArray flat = array.reshape('c', new long[] {array.length()});
    float[] chunk = new float[(int) Math.min(CHUNK, array.length())];
    try (INDArray part = DetachedArrays.zeros(DataType.FLOAT, chunk.length)) {
      for (long from = 0; from < array.length(); from += chunk.length) {
        int count = (int) Math.min(chunk.length, array.length() - from);
        source.readFloats(info.name(), from, chunk, 0, count);
        put(chunk, part);
        flat.get(NDArrayIndex.interval(from, from + count))
            .assign(part.get(NDArrayIndex.interval(0, count)));
      }
    }
    return array;
  }

  /** Copies all numbers at once, where the array's memory is the processor's own. */
  private static void put(float[] values, INDArray array) {
    if (Nd4j.getExecutioner().type() == ExecutionerType.NATIVE_CPU
        && array.data().pointer() instanceof FloatPointer memory) {
      memory.put(values);
    } else {
      array.data().setData(values);
    }
  }
}
