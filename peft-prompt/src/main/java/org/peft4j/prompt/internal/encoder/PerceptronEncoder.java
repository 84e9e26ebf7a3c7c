package org.peft4j.prompt.internal.encoder;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;

/**
 * A multi-layer perceptron over trained embeddings E [tokens, in], which start from N(0, 1).
 *
 * @param tokens the number of virtual tokens
 * @param perceptron maps the embeddings' width to the table's
 */
public record PerceptronEncoder(int tokens, Perceptron perceptron) implements TableEncoder {
  static final String EMBEDDING = "embedding.weight";

  /** P-tuning's encoder: three maps with max(0, ·) between them. */
  public static PerceptronEncoder relu(int tokens, long in, long hidden, long out) {
    return new PerceptronEncoder(
        tokens, new Perceptron("mlp_head", List.of(in, hidden, hidden, out), false));
  }

  /** Prefix tuning's encoder: two maps with tanh between them. */
  public static PerceptronEncoder tanh(int tokens, long in, long hidden, long out) {
    return new PerceptronEncoder(
        tokens, new Perceptron("transform", List.of(in, hidden, out), true));
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> all = new ArrayList<>();
    all.add(ParameterSpec.of(EMBEDDING, Initializer.normal(1), tokens, perceptron.widths().get(0)));
    all.addAll(perceptron.parameters());
    return all;
  }

  @Override
  public long outputs() {
    return perceptron.widths().get(perceptron.widths().size() - 1);
  }

  @Override
  public Trace encode(Pass pass, Tensors parameters) {
    List<INDArray> values = perceptron.forward(pass, parameters, parameters.get(EMBEDDING));
    return new Trace() {
      @Override
      public INDArray table() {
        return values.get(values.size() - 1);
      }

      @Override
      public void backward(INDArray dTable, Tensors gradients) {
        gradients
            .get(EMBEDDING)
            .assign(perceptron.backward(pass, parameters, values, dTable, gradients));
      }
    };
  }
}
