package org.peft4j.transformers.internal.batch;

import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/**
 * Rows of different lengths in one batch, with padding on the left: positions count from the first
 * real token on, as if each row were alone. So it is in {@code rnnTimeStep}, and wherever virtual
 * tokens or a prefix precede the rows: the padding must not come between.
 */
public final class LeftPadding {
  public static final String STATE = "left_padding";

  private LeftPadding() {}

  /**
   * Clears a graph's state and passes the padding of the next prompt to its layers. Works on a
   * loaded model's graph and on a wrapped one.
   *
   * @param attentionMask [batch, time] of the prompt: in each row zeros, then ones
   * @throws PeftException for any other row
   */
  public static void begin(ComputationGraph graph, INDArray attentionMask) {
    INDArray counts = write(count(attentionMask));
    graph.rnnClearPreviousState();
    for (Layer layer : graph.getLayers()) {
      if (layer instanceof RecurrentLayer recurrent) {
        recurrent.rnnSetPreviousState(Map.of(STATE, counts));
      }
    }
  }

  private static int[] count(INDArray attentionMask) {
    int batch = (int) attentionMask.size(0);
    int time = (int) attentionMask.size(1);
    int[] mask = TokenIds.of(attentionMask);
    int[] counts = new int[batch];
    for (int i = 0; i < mask.length; i++) {
      int row = i / time;
      if (mask[i] == 0 && counts[row] == i % time) {
        counts[row]++;
      } else if (mask[i] == 0) {
        throw new PeftException(
            "The attention mask has a 0 at row "
                + row
                + ", position "
                + i % time
                + " after a 1; pad prompts for generation on the left only.");
      }
    }
    return counts;
  }

  /**
   * The padding before each row of a whole batch.
   *
   * @param attentionMask [batch, time], with zeros anywhere; null for none
   * @return the number of zeros that each row begins with; null if none does
   */
  public static int @Nullable [] leading(@Nullable INDArray attentionMask) {
    if (attentionMask == null) {
      return null;
    }
    int[] mask = TokenIds.of(attentionMask);
    int[] counts = new int[(int) attentionMask.size(0)];
    int time = mask.length / counts.length;
    boolean any = false;
    for (int row = 0; row < counts.length; row++) {
      while (counts[row] < time && mask[row * time + counts[row]] == 0) {
        counts[row]++;
      }
      any |= counts[row] > 0;
    }
    return any ? counts : null;
  }

  public static INDArray write(int[] counts) {
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createFromArray(counts);
    }
  }

  /** The padding in a layer's state; null if there is none. */
  public static int @Nullable [] read(Map<String, INDArray> state) {
    INDArray counts = state.get(STATE);
    if (counts == null) {
      return null;
    }
    int[] padding = TokenIds.of(counts);
    for (int count : padding) {
      if (count > 0) {
        return padding;
      }
    }
    return null;
  }

  /**
   * The number of positions of the longest row, {@code past} and {@code time} of all rows given.
   */
  public static int longest(int past, int time, int @Nullable [] padding) {
    return past + time - (padding == null ? 0 : Arrays.stream(padding).min().orElse(0));
  }

  /** Positions of {@code time} tokens after {@code past} ones: [1 or batch, time]. */
  public static int[] positions(int past, int time, int @Nullable [] padding) {
    int rows = padding == null ? 1 : padding.length;
    int[] positions = new int[rows * time];
    for (int i = 0; i < positions.length; i++) {
      int hidden = padding == null ? 0 : padding[i / time];
      positions[i] = Math.max(0, past + i % time - hidden);
    }
    return positions;
  }
}
