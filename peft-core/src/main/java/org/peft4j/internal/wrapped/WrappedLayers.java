package org.peft4j.internal.wrapped;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.Updater;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.adapted.AdaptedPart;
import org.peft4j.internal.adapted.AdapterContext;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.method.TensorPlace;

/**
 * A wrapped model of layers: the network of adapted layers around a network of Deeplearning4j.
 *
 * @param <M> the class of the base model and of the wrapped network
 */
public abstract class WrappedLayers<M extends Model> extends WrappedModel<M> {
  private final AdapterContext context;
  private final Map<List<String>, UpdaterState> updaterStates = new HashMap<>();

  WrappedLayers(M base, AdapterContext context) {
    super(base, context.shared());
    this.context = context;
  }

  abstract Layouts<?> layouts();

  abstract AdaptedPart grafted(String vertex);

  abstract @Nullable Updater updater(boolean create);

  @Override
  public final Map<String, OriginalPart> originals() {
    return context.layers();
  }

  @Override
  public final long numParams() {
    return base().numParams();
  }

  @Override
  public final void activate(List<Slot> slots) {
    List<Slot> previous = context.active();
    if (previous.equals(slots)) {
      return;
    }
    layouts().beforeTraining(() -> {});
    stashUpdaterState(names(previous));
    layouts().putAside(previous);
    context.setActive(slots);
    if (!layouts().bringBack(slots)) {
      layouts().make(slots, dataType());
      bindValues();
    }
    layouts().beforeTraining(() -> restoreUpdaterState(names(slots)));
  }

  private void bindValues() {
    for (String vertex : context.layers().keySet()) {
      List<Slot> slots = context.slots(vertex);
      if (slots.isEmpty()) {
        continue;
      }
      List<Graft> grafts = grafted(vertex).grafts().all();
      for (int i = 0; i < slots.size(); i++) {
        Tensors old = slots.get(i).values();
        grafts.get(i).parameters().assign(old);
        slots.get(i).setValues(grafts.get(i).parameters());
        old.closeExcept(grafts.get(i).parameters());
      }
    }
  }

  @Override
  public final Tensors gradients(Slot slot) {
    for (String vertex : context.layers().keySet()) {
      int index = context.slots(vertex).indexOf(slot);
      if (index >= 0) {
        return grafted(vertex).grafts().all().get(index).gradients();
      }
    }
    throw new IllegalArgumentException(
        "The slot of "
            + slot.adapterName()
            + " at "
            + slot.adapter().site().name()
            + " is not active.");
  }

  @Override
  public final List<TensorPlace> places() {
    List<TensorPlace> places = new ArrayList<>();
    long offset = 0;
    for (String vertex : context.layers().keySet()) {
      for (Slot slot : context.slots(vertex)) {
        for (ParameterSpec spec : slot.adapter().trainable()) {
          String key = slot.adapter().key(spec);
          places.add(new TensorPlace(slot.adapterName(), key, spec.shape(), offset));
          offset += spec.count();
        }
      }
    }
    return places;
  }

  private void stashUpdaterState(List<String> names) {
    Updater updater = names.isEmpty() ? null : updater(false);
    INDArray state = updater == null ? null : updater.getStateViewArray();
    if (updater != null && state != null) {
      UpdaterState old = updaterStates.put(names, UpdaterState.of(updater));
      if (old != null) {
        old.close();
      }
      Relayable.close(state);
    }
  }

  private void restoreUpdaterState(List<String> names) {
    UpdaterState state = updaterStates.remove(names);
    if (state != null) {
      state.restore(updater(true));
      state.close();
    }
  }

  @Override
  public final void release(String name) {
    layouts().release(name::equals);
  }

  @Override
  public final void forget(String name) {
    release(name);
    updaterStates
        .entrySet()
        .removeIf(
            entry -> {
              boolean matches = entry.getKey().contains(name);
              if (matches) {
                entry.getValue().close();
              }
              return matches;
            });
  }

  private static List<String> names(List<Slot> slots) {
    return slots.stream().map(Slot::adapterName).distinct().toList();
  }
}
