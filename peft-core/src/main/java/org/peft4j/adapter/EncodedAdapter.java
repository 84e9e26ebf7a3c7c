package org.peft4j.adapter;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An adapter whose file stores the encoder's output, not its parameters. A second file beside it
 * stores the parameters, so that training can continue.
 */
public interface EncodedAdapter extends Adapter {
  /** The shapes of the stored tensors, by key. */
  Map<String, List<Long>> encodedShapes();

  /** The stored tensors, by key. */
  Map<String, INDArray> encoded(Tensors parameters);
}
