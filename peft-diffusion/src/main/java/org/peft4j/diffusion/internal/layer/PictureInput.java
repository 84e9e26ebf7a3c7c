package org.peft4j.diffusion.internal.layer;

import java.util.Arrays;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.diffusion.internal.architecture.PictureArchitecture;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.diffusion.internal.model.PicturePass;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.vertex.PlainVertex;

/**
 * The vertex before a model's first layer. Its inputs are pictures [batch, channels, height, width]
 * and, of a UNet, time steps [batch, 1] and states of texts [batch, tokens, width]; its output is
 * the pictures with their channels last. It puts the others where the layers of the pass read them;
 * and behind a text encoder in the same graph it returns the gradient of its states.
 */
final class PictureInput extends PlainVertex {
  private static final long serialVersionUID = 1L;

  private final transient PictureModel model;

  PictureInput(ComputationGraph graph, String name, int index, DataType type, PictureModel model) {
    super(graph, name, index, type);
    this.model = model;
  }

  @Override
  public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    PictureArchitecture architecture = model.architecture();
    PicturePass pass = model.pass();
    pass.begin();
    INDArray pictures = inputs[0];
    require(
        pictures.rank() == 4 && pictures.size(1) == architecture.inputChannels(),
        "sample",
        pictures,
        "[batch, " + architecture.inputChannels() + ", height, width]");
    if (architecture.textWidth() > 0) {
      long batch = pictures.size(0);
      INDArray steps = inputs[1];
      require(steps.length() == batch, "timestep", steps, "[" + batch + ", 1]");
      INDArray text = inputs[2];
      require(
          text.rank() == 3 && text.size(0) == batch && text.size(2) == architecture.textWidth(),
          "encoder_hidden_states",
          text,
          "[" + batch + ", tokens, " + architecture.textWidth() + "]");
      pass.setSteps(steps.reshape(batch, 1));
      pass.setText(text.castTo(model.weights().dataType()), training && textIsComputed());
    }
    INDArray last =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS,
            model.weights().dataType(),
            new long[] {pictures.size(0), pictures.size(2), pictures.size(3), pictures.size(1)},
            'c');
    return last.assign(pictures.permute(0, 2, 3, 1));
  }

  /** Whether a text encoder in the same graph gave the states, and so may want their gradient. */
  private boolean textIsComputed() {
    return !graph.getVertices()[inputVertices[2].getVertexIndex()].isInputVertex();
  }

  private static void require(boolean good, String name, INDArray array, String allowed) {
    if (!good) {
      throw new PeftException(
          name + " has the shape " + Arrays.toString(array.shape()) + "; needed: " + allowed + ".");
    }
  }

  @Override
  public Pair<Gradient, @Nullable INDArray[]> doBackward(
      boolean truncated, LayerWorkspaceMgr workspaces) {
    @Nullable INDArray[] epsilons = new @Nullable INDArray[inputs.length];
    if (inputs.length > 2 && textIsComputed()) {
      // Every cross-attention has added to it: they all run before.
      INDArray sum = model.pass().text().gradient();
      epsilons[2] =
          sum == null
              ? workspaces.create(
                  ArrayType.ACTIVATION_GRAD, inputs[2].dataType(), inputs[2].shape(), 'c')
              : workspaces.dup(ArrayType.ACTIVATION_GRAD, sum.castTo(inputs[2].dataType()), 'c');
    }
    return new Pair<>(new DefaultGradient(), epsilons);
  }
}
