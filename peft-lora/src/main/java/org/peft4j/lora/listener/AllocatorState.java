package org.peft4j.lora.listener;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.lora.internal.adalora.RankAllocator;
import org.peft4j.method.AdapterView;

/** What a training that goes on later needs to allocate ranks as if it had not stopped. */
final class AllocatorState {
  private AllocatorState() {}

  /**
   * The allocator's arrays, and the adapter's with the values of ranks that may still come back: a
   * file of the adapter leaves them out.
   */
  static Map<String, INDArray> of(RankAllocator allocator, AdapterView adapter) {
    Map<String, INDArray> state = new LinkedHashMap<>(adapter.tensors());
    state.putAll(allocator.state());
    return state;
  }
}
