package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.weights.CheckpointReader;
import org.peft4j.transformers.internal.weights.HeldFormats;
import org.peft4j.transformers.internal.weights.TensorKeys;
import org.peft4j.transformers.internal.weights.WeightStore;
import org.peft4j.weight.DenseWeight;

/** Reads the weights of a checkpoint folder into the model that {@code architecture} describes. */
record ModelLoader(Path folder, ModelArchitecture architecture, TransformerOptions options) {

  /** Loads all weights from the checkpoint. */
  FrozenModel load() {
    return model(read(TensorKeys.of(architecture)));
  }

  /**
   * Loads all weights except the head's, which are new.
   *
   * @param stored the checkpoint's head, which is not used
   */
  FrozenModel loadWithNewHead(HeadPart stored) {
    LinearPart head = architecture.head().linear();
    WeightStore weights = read(TensorKeys.of(architecture).withNewHead(head, stored.linear()));
    INDArray weight = DetachedArrays.zeros(matrices(), head.outputs(), head.inputs());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(options.seed());
    Initializer.normal(head.deviation()).fill(weight, random);
    weights.add(
        TensorKeys.key(head.site(), head.site().parameters().get(0)), DenseWeight.of(weight));
    return model(weights);
  }

  private WeightStore read(TensorKeys keys) {
    HeldFormats plain = HeldFormats.of(options.dataType(), matrices());
    HeldFormats formats =
        options.quantization().map(q -> plain.quantizing(q, architecture)).orElse(plain);
    return new CheckpointReader(folder, keys, formats).read();
  }

  private DataType matrices() {
    return options.precision() == Precision.BF16 ? DataType.BFLOAT16 : options.dataType();
  }

  private FrozenModel model(WeightStore weights) {
    return new FrozenModel(architecture, weights, options.gradientCheckpointing());
  }
}
