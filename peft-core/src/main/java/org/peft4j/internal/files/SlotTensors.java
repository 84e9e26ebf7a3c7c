package org.peft4j.internal.files;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.Slot;

/** The arrays of slots by their keys in an adapter file. */
public final class SlotTensors {
  private SlotTensors() {}

  /** The tensors: views, not copies. */
  public static Map<String, INDArray> of(List<Slot> slots) {
    return byKey(slots, Slot::values, Adapter::parameters);
  }

  /** The gradients of the tensors that train, by the key of the tensor. */
  public static Map<String, INDArray> gradients(
      List<Slot> slots, Function<Slot, Tensors> gradients) {
    return byKey(slots, gradients, Adapter::trainable);
  }

  private static Map<String, INDArray> byKey(
      List<Slot> slots, Function<Slot, Tensors> of, Function<Adapter, List<ParameterSpec>> specs) {
    Map<String, INDArray> result = new LinkedHashMap<>();
    for (Slot slot : slots) {
      Tensors tensors = of.apply(slot);
      for (ParameterSpec spec : specs.apply(slot.adapter())) {
        result.put(slot.adapter().key(spec), tensors.get(spec.name()));
      }
    }
    return result;
  }
}
