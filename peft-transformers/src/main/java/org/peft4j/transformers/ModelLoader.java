package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.ModelSites;
import org.peft4j.transformers.weights.CheckpointReader;
import org.peft4j.transformers.weights.TensorKeys;
import org.peft4j.transformers.weights.WeightStore;
import org.peft4j.weight.DenseWeight;

/** Reads the weights of a checkpoint folder into the model that {@code config} describes. */
record ModelLoader(Path folder, ModelConfig config, TransformerOptions options) {

  /** All weights are the checkpoint's. */
  FrozenModel load() {
    return model(read(keys()));
  }

  /** All but the head's, which are new. */
  FrozenModel loadWithNewHead() {
    Site head = new ModelSites(config).head();
    WeightStore weights = read(keys().withoutHead(head));
    INDArray weight = DetachedArrays.zeros(matrices(), head.outputs(), head.inputs());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(options.seed());
    Initializer.normal(config.initializerRange()).fill(weight, random);
    weights.add(head.name() + ".weight", DenseWeight.of(weight));
    return model(weights);
  }

  private TensorKeys keys() {
    ModelSites sites = new ModelSites(config);
    Set<String> inputsFirst =
        architecture().modules().stream()
            .filter(module -> module instanceof LinearPart linear && linear.inputsFirst())
            .map(module -> module.site().name() + ".weight")
            .collect(Collectors.toSet());
    return TensorKeys.of(config, sites.all(), sites.tokenTable(), inputsFirst);
  }

  private WeightStore read(TensorKeys keys) {
    return new CheckpointReader(folder, keys, options.dataType(), matrices()).read();
  }

  private DataType matrices() {
    return options.precision() == Precision.BF16 ? DataType.BFLOAT16 : options.dataType();
  }

  private FrozenModel model(WeightStore weights) {
    return new FrozenModel(config, architecture(), weights, options.gradientCheckpointing());
  }

  private ModelArchitecture architecture() {
    return config
        .labels()
        .map(l -> Families.read(folder, l))
        .orElseGet(() -> Families.read(folder));
  }
}
