package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.error.PeftException;
import org.peft4j.internal.quantized.stored.StoredQuantization;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.family.QuantizationFields;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.position.Sinusoids;
import org.peft4j.transformers.internal.weights.CheckpointReader;
import org.peft4j.transformers.internal.weights.HeldFormats;
import org.peft4j.transformers.internal.weights.StoredHead;
import org.peft4j.transformers.internal.weights.TensorKeys;
import org.peft4j.transformers.internal.weights.WeightStore;
import org.peft4j.weight.DenseWeight;

/** Reads the weights of a checkpoint folder into the model that {@code architecture} describes. */
record ModelLoader(Path folder, ModelArchitecture architecture, TransformerOptions options) {
  /**
   * Checks that the options go with the head.
   *
   * @throws PeftException if they do not
   */
  ModelLoader {
    HeadPart head = architecture.head();
    boolean labels =
        head instanceof HeadPart.Language
            || head instanceof HeadPart.Tokens
            || head instanceof HeadPart.Sequence sequence
                && sequence.problem() == ProblemType.SINGLE_LABEL_CLASSIFICATION;
    if (options.labelSmoothing() > 0 && !labels) {
      throw new PeftException(
          "labelSmoothing is "
              + options.labelSmoothing()
              + ", which is for tokens and classes; this model of the task "
              + architecture.task()
              + " predicts neither. Leave it out.");
    }
  }

  /**
   * Loads a checkpoint for a task: with its own head if it has one for the task, otherwise with a
   * new one.
   *
   * @throws PeftException if its own head has another number of outputs, or as the loading of
   *     weights does
   */
  static FrozenModel load(Path folder, TaskHead task, TransformerOptions options) {
    HeadPart stored = Families.read(folder).head();
    ModelArchitecture wanted = StoredHead.of(folder, Families.read(folder, task));
    ModelLoader loader = new ModelLoader(folder, wanted, options);
    boolean features = wanted.head() instanceof HeadPart.Features; // Its pooler may be missing.
    if (features || stored.getClass() != wanted.head().getClass()) {
      return loader.loadWithNewHead(stored);
    }
    if (!stored.labels().map(Labels::size).equals(wanted.labels().map(Labels::size))) {
      throw new PeftException(
          folder
              + " is a classifier of "
              + stored.labels().map(Labels::size).orElse(0)
              + " labels; "
              + task.requireLabels().size()
              + " are given, "
              + task.requireLabels().names()
              + ". Give as many, or the folder of a model without this head for a new one.");
    }
    return loader.load();
  }

  /** Loads all weights from the checkpoint. */
  FrozenModel load() {
    return model(withTables(read(TensorKeys.of(architecture))));
  }

  /**
   * Loads all weights except the head's, which are new unless they are of a layer before its output
   * that the checkpoint has: matrices normal with the deviation of the family and the seed of the
   * options, biases 0, norms 1.
   *
   * @param stored the checkpoint's head, whose output is not used
   */
  FrozenModel loadWithNewHead(HeadPart stored) {
    HeadPart head = architecture.head();
    WeightStore weights = withTables(read(TensorKeys.of(architecture).withNewHead(head, stored)));
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(options.seed());
    for (ModulePart module : head.modules()) {
      for (SiteParameter parameter : module.site().parameters()) {
        String key = TensorKeys.key(module.site(), parameter);
        if (weights.find(key) == null) {
          weights.add(key, DenseWeight.of(fresh(module, parameter, random)));
        }
      }
    }
    return model(weights);
  }

  private INDArray fresh(ModulePart module, SiteParameter parameter, RandomGenerator random) {
    boolean matrix = parameter.shape().size() > 1;
    INDArray values =
        DetachedArrays.zeros(matrix ? matrices() : options.dataType(), parameter.shapeArray());
    if (module instanceof LinearPart linear && matrix) {
      Initializer.normal(linear.deviation()).fill(values, random);
    } else if (module instanceof NormPart && !parameter.bias()) {
      values.assign(1);
    }
    return values;
  }

  /** Computes the tables of positions that the checkpoint leaves out. */
  private WeightStore withTables(WeightStore weights) {
    for (ModulePart module : architecture.modules()) {
      if (module instanceof EmbeddingPart table
          && table.sinusoids()
          && weights.find(table.key()) == null) {
        INDArray rows = DetachedArrays.zeros(matrices(), table.rows(), table.width());
        Sinusoids.fill(rows);
        weights.add(table.key(), DenseWeight.of(rows));
      }
    }
    return weights;
  }

  private WeightStore read(TensorKeys keys) {
    Optional<StoredQuantization> stored = QuantizationFields.of(folder);
    if (stored.isPresent() && options.quantization().isPresent()) {
      throw new PeftException(
          folder
              + " holds its weights in fewer bits already (quantization_config in its config.json)."
              + " Load it without a quantization, or quantise the original checkpoint.");
    }
    HeldFormats plain =
        HeldFormats.of(options.dataType(), matrices())
            .widening(options.widening())
            .before(options.beforeQuantization());
    HeldFormats formats =
        options.quantization().map(q -> plain.quantizing(q, architecture)).orElse(plain);
    return new CheckpointReader(folder, keys, formats, stored.map(StoredQuantization::weights))
        .read();
  }

  private DataType matrices() {
    return options.precision() == Precision.BF16 ? DataType.BFLOAT16 : options.dataType();
  }

  /** That of the options, or else of the model's own config. */
  private double smoothing() {
    boolean own = architecture.head() instanceof HeadPart.Language && options.labelSmoothing() == 0;
    return own ? ((HeadPart.Language) architecture.head()).smoothing() : options.labelSmoothing();
  }

  private FrozenModel model(WeightStore weights) {
    if (options.offload().isPresent()) {
      try {
        weights.offload(architecture, options.offload().getAsLong());
      } catch (PeftException e) {
        weights.close();
        throw e;
      }
    }
    return new FrozenModel(
        architecture,
        weights,
        options.gradientCheckpointing(),
        smoothing(),
        options.neftuneAlpha(),
        options.interpolatedPositions());
  }
}
