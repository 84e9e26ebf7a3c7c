package org.peft4j.lora.fa;

import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.inverse.InvertMatrix;
import org.peft4j.adapter.Adapter;
import org.peft4j.error.PeftException;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.method.AdapterView;
import org.peft4j.method.TrainingHook;

/**
 * LoRA-FA (Zhang et al. 2023): A does not train, and B follows the gradient whose change of the
 * weight is closest to full training's: {@code g_B ← g_B·(A·Aᵀ + δ·I)⁻¹/s²} with δ = 1e-8, and
 * {@code g_A ← 0}. Use it in fine-tuning without weight decay:
 *
 * <pre>{@code
 * FineTuner.builder(model, data).hook(() -> new FrozenA(model.adapter(name)))
 * }</pre>
 *
 * <p>or, in a network's own {@code fit}, call {@link #beforeUpdate} from a listener's {@code
 * onGradientCalculation}. Hugging Face PEFT's optimizer also has ε 1e-6 instead of 1e-8 and adds it
 * before Adam's correction.
 */
public final class FrozenA implements TrainingHook {
  private static final double DAMPING = 1e-8;

  private final AdapterView adapter;

  /**
   * @param adapter an active LoRA adapter of the model to train
   * @throws PeftException if a part of it is more than B·A
   */
  public FrozenA(AdapterView adapter) {
    this.adapter = adapter;
    for (Adapter part : adapter.parts()) {
      if (!(part instanceof LowRankPart)) {
        throw new PeftException(
            "Adapter \""
                + adapter.name()
                + "\" is more than B·A at "
                + part.site().name()
                + "; LoRA-FA needs plain LoRA, without its own biases and modules.");
      }
    }
  }

  @Override
  public void beforeUpdate(long step) {
    Map<String, INDArray> tensors = adapter.tensors();
    Map<String, INDArray> gradients = adapter.gradients();
    for (Adapter adapted : adapter.parts()) {
      LowRankPart part = (LowRankPart) adapted;
      String prefix = "base_model.model." + part.site().name() + ".";
      get(gradients, prefix + part.nameOfA()).assign(0);
      INDArray a = wide(get(tensors, prefix + part.nameOfA()));
      project(a, part.shape().scale(), get(gradients, prefix + part.nameOfB()));
    }
  }

  private static void project(INDArray a, double scale, INDArray gradient) {
    INDArray gram = a.mmul(a.transpose());
    for (int i = 0; i < gram.size(0); i++) {
      gram.putScalar(i, i, gram.getDouble(i, i) + DAMPING);
    }
    INDArray inverse = InvertMatrix.invert(gram, false);
    INDArray projected = wide(gradient).mmul(inverse).divi(scale * scale);
    gradient.assign(projected.reshape('c', gradient.shape()));
  }

  private static INDArray wide(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').reshape('c', array.size(0), -1);
  }

  private static INDArray get(Map<String, INDArray> tensors, String key) {
    INDArray tensor = tensors.get(key);
    if (tensor == null) {
      throw new IllegalStateException("No tensor " + key);
    }
    return tensor;
  }

  @Override
  public void afterUpdate(long step) {}
}
