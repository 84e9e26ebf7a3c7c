package org.peft4j.transformers.internal.attention;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.AttentionGrafts;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * Keys and values that adapters put before those of the input, in the same arrays: [batch, length +
 * keys, keyValueHeads, headSize]. Every query sees them, and no rotation applies to them.
 */
record Prefix(AttentionGrafts grafts) {
  /** The number of keys; 0 if no adapter acts. */
  int length() {
    return grafts.length();
  }

  /** Keys and values, after those of the prefix. */
  record Extended(INDArray keys, INDArray values) {}

  Extended extend(Pass pass, INDArray keys, INDArray values, CallMemory memory) {
    long n = length();
    long[] shape = {keys.size(0), n + keys.size(1), keys.size(2), keys.size(3)};
    Extended extended = new Extended(memory.kept(shape), memory.kept(shape));
    grafts.forward(pass, first(extended.keys(), n), first(extended.values(), n));
    rest(extended.keys(), n).assign(keys);
    rest(extended.values(), n).assign(values);
    return extended;
  }

  /** Writes the gradients of the prefix and of the keys and values after it. */
  void backward(Pass pass, Extended gradients, INDArray dKeys, INDArray dValues) {
    long n = length();
    grafts.backward(pass, first(gradients.keys(), n), first(gradients.values(), n));
    dKeys.assign(rest(gradients.keys(), n));
    dValues.assign(rest(gradients.values(), n));
  }

  private static INDArray first(INDArray array, long n) {
    return array.get(all(), interval(0, n), all(), all());
  }

  private static INDArray rest(INDArray array, long n) {
    return array.get(all(), interval(n, array.size(1)), all(), all());
  }
}
