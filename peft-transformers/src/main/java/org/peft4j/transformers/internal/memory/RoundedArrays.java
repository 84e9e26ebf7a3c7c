package org.peft4j.transformers.internal.memory;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;

/**
 * Arrays that lie in BFLOAT16 between the forward and the backward pass. During a pass they are in
 * a {@link Room}, the same in both, that layers enter one after the other.
 */
final class RoundedArrays extends KeptArrays {
  private final KeptMemory memory;
  private final List<Room.Place> places = new ArrayList<>();
  private final List<ActivationPool.Buffer> rounded = new ArrayList<>();
  private @Nullable Room room;

  RoundedArrays(KeptMemory memory) {
    super(memory.exact());
    this.memory = memory;
  }

  @Override
  public Use use(Kernels kernels) {
    Room same = room;
    if (same == null) {
      Room entered = memory.enter();
      room = entered;
      return () -> {
        try {
          round(kernels);
        } finally {
          entered.leave();
        }
      };
    }
    same.enter();
    try {
      widen(kernels);
    } catch (RuntimeException | Error e) {
      same.leave();
      throw e;
    }
    return same::leave;
  }

  @Override
  INDArray array(long... shape) {
    if (room == null) {
      throw new IllegalStateException("No pass has begun.");
    }
    Room.Place place = room.place(shape);
    places.add(place);
    return place.array();
  }

  private void round(Kernels kernels) {
    for (Room.Place place : places) {
      INDArray wide = place.array();
      ActivationPool.Buffer narrow = memory.rounded().take(1, wide.length());
      rounded.add(narrow);
      kernels.copy(wide.reshape('c', 1, wide.length()), narrow.array());
    }
  }

  private void widen(Kernels kernels) {
    for (int i = 0; i < rounded.size(); i++) {
      INDArray wide = places.get(i).array();
      kernels.copy(rounded.get(i).array(), wide.reshape('c', 1, wide.length()));
    }
    giveBack();
  }

  private void giveBack() {
    rounded.forEach(memory.rounded()::giveBack);
    rounded.clear();
  }

  @Override
  public void close() {
    giveBack();
    places.forEach(Room.Place::leave);
    places.clear();
    super.close();
  }
}
