package org.peft4j.internal.adapted;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.Slot;

/** A layer's slice of a flat vector, of parameters or of gradients, as the tensors of its slots. */
final class VectorSlice {
  private VectorSlice() {}

  /** Views of the tensors that train, for each slot. */
  static List<Tensors> cut(List<Slot> slots, @Nullable INDArray flat) {
    List<Tensors> result = new ArrayList<>();
    long offset = 0;
    INDArray vector = flat == null ? null : flat.reshape(flat.length());
    for (Slot slot : slots) {
      Map<String, INDArray> tensors = new LinkedHashMap<>();
      for (ParameterSpec spec : slot.adapter().trainable()) {
        if (vector == null) {
          throw new IllegalStateException("No parameter vector for " + slot.key(spec));
        }
        INDArray slice = vector.get(NDArrayIndex.interval(offset, offset + spec.count()));
        tensors.put(spec.name(), slice.reshape('c', spec.shapeArray()));
        offset += spec.count();
      }
      result.add(new Tensors(tensors));
    }
    return result;
  }

  /** Writes the slots' current values to a layer's slice of a parameter vector. */
  static void assignValues(List<Slot> slots, @Nullable INDArray parameters) {
    List<Tensors> tensors = cut(slots, parameters);
    for (int i = 0; i < slots.size(); i++) {
      tensors.get(i).assign(slots.get(i).values());
    }
  }

  /** A layer's slice of a flat vector by Deeplearning4j's parameter keys, in order. */
  static Map<String, INDArray> table(List<Slot> slots, @Nullable INDArray flat) {
    List<Tensors> tensors = cut(slots, flat);
    Map<String, INDArray> views = new LinkedHashMap<>();
    for (int i = 0; i < slots.size(); i++) {
      for (ParameterSpec spec : slots.get(i).adapter().trainable()) {
        views.put(slots.get(i).key(spec), tensors.get(i).get(spec.name()));
      }
    }
    return views;
  }

  /** Gives a layer's grafts their slices of the gradient vector. */
  static void bindGradients(List<Slot> slots, LayerGrafts grafts, INDArray flat) {
    List<Tensors> tensors = cut(slots, flat);
    List<Graft> all = grafts.all();
    for (int i = 0; i < all.size(); i++) {
      all.get(i).setGradients(tensors.get(i));
    }
  }
}
