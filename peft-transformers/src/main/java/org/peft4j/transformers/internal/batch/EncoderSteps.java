package org.peft4j.transformers.internal.batch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/**
 * What an encoder knows between calls of {@code rnnTimeStep}: the mask of its texts, and whether
 * they are encoded.
 */
public final class EncoderSteps {
  private static final String MASK = "encoder_mask";
  private static final String ENCODED = "encoded";

  private @Nullable INDArray mask;
  private boolean encoded;

  /**
   * Clears a graph's state and passes the mask of the next texts to its encoder. Works on a loaded
   * model's graph and on a wrapped one.
   *
   * @param attentionMask [batch, time] of the texts, padded on either side
   */
  public static void begin(ComputationGraph graph, INDArray attentionMask) {
    graph.rnnClearPreviousState();
    for (Layer layer : graph.getLayers()) {
      if (layer instanceof RecurrentLayer recurrent) {
        recurrent.rnnSetPreviousState(Map.of(MASK, attentionMask));
      }
    }
  }

  /** [batch, time]; null without padding. */
  public @Nullable INDArray mask() {
    return mask;
  }

  public boolean encoded() {
    return encoded;
  }

  public void setEncoded() {
    encoded = true;
  }

  public Map<String, INDArray> state() {
    Map<String, INDArray> state = new LinkedHashMap<>();
    if (mask != null) {
      state.put(MASK, mask);
    }
    if (encoded) {
      state.put(ENCODED, LeftPadding.write(new int[] {1}));
    }
    return state;
  }

  public void set(Map<String, INDArray> state) {
    INDArray given = state.get(MASK);
    mask = given == null ? null : DetachedArrays.copy(given);
    encoded = state.containsKey(ENCODED);
  }

  public void clear() {
    mask = null;
    encoded = false;
  }
}
