package org.peft4j.adapter;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An adapter of whose parameters an adapter file holds only what they come to. The parameters
 * themselves are in a file beside it, so that training can go on.
 */
public interface EncodedAdapter extends Adapter {
  /** The shapes of what the adapter file holds, by key. */
  Map<String, List<Long>> encodedShapes();

  /** What the adapter file holds, by key. */
  Map<String, INDArray> encoded(Tensors parameters);
}
