package org.peft4j.internal.quantized.stored;

import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.weight.WeightView;

/**
 * A weight in fewer bits in a file.
 *
 * @param tensors the names of all its tensors
 * @param out the rows of W
 * @param in the columns of W
 * @param mapped whether its codes stay in the file
 * @param reader makes the weight
 */
public record StoredWeight(Set<String> tensors, long out, long in, boolean mapped, Reader reader) {
  /** Makes the weight, while the file is open. */
  public interface Reader {
    /**
     * @param view how the module's own array is seen as W
     * @param type of products
     */
    QuantizedWeight read(WeightView view, DataType type);
  }

  public StoredWeight {
    tensors = Set.copyOf(tensors);
  }
}
