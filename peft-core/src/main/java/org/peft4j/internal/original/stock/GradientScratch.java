package org.peft4j.internal.original.stock;

import java.util.function.Consumer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Working memory for the gradients of a stock layer's own parameters, which it computes in any
 * case. It lives for one backward call.
 */
final class GradientScratch {
  private final Consumer<INDArray> layer;
  private final @Nullable INDArray parameters;
  private @Nullable INDArray vector;

  /**
   * @param layer takes the vector of gradients
   * @param parameters the layer's vector of parameters; null if it has none
   */
  GradientScratch(Consumer<INDArray> layer, @Nullable INDArray parameters) {
    this.layer = layer;
    this.parameters = parameters;
  }

  void open(LayerWorkspaceMgr workspaces) {
    if (parameters != null) {
      INDArray scratch =
          workspaces.create(
              ArrayType.BP_WORKING_MEM, parameters.dataType(), parameters.shape(), 'c');
      layer.accept(scratch);
      vector = scratch;
    }
  }

  void close() {
    if (vector != null && !vector.isAttached() && vector.closeable()) {
      vector.close();
    }
    vector = null;
  }
}
