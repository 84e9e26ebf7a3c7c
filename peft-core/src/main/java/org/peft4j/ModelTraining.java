package org.peft4j;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.graft.Passes;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.method.AdapterView;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.method.Methods;
import org.peft4j.method.RandomMasks;
import org.peft4j.method.TensorPlace;
import org.peft4j.method.TrainingHook;
import org.peft4j.site.Site;

/** What a training loop needs of a {@link PeftModel} beside its network. */
public final class ModelTraining {
  private final PeftModel<?> model;
  private final WrappedModel<?> wrapped;
  private final FrozenValues frozen;

  ModelTraining(PeftModel<?> model, WrappedModel<?> wrapped, FrozenValues frozen) {
    this.model = model;
    this.wrapped = wrapped;
    this.frozen = frozen;
  }

  /** The base model's weights, from which first values of an adapter may be computed. */
  public FrozenValues frozen() {
    return frozen;
  }

  /**
   * Where each tensor of the active adapters lies in the network's flat parameter vector, in the
   * order of the vector and without gaps. Valid until other adapters become active.
   */
  public List<TensorPlace> places() {
    return wrapped.places();
  }

  /**
   * New hooks of the active adapters' methods, to be called between the steps and closed by the
   * caller.
   */
  public List<TrainingHook> hooks() {
    return model.active().stream().flatMap(name -> hook(model.adapter(name)).stream()).toList();
  }

  private static Optional<TrainingHook> hook(AdapterView adapter) {
    return hook(adapter.config(), adapter);
  }

  private static <C extends PeftConfig> Optional<TrainingHook> hook(C config, AdapterView adapter) {
    return Methods.of(config).trainingHook(config, adapter);
  }

  /** The random masks of dropout, whose state a resumed training restores. */
  public RandomMasks masks() {
    return wrapped.shared().masks();
  }

  /** Trains without the adapters' dropout until the scope is closed. */
  public AdapterScope withoutDropout() {
    wrapped.shared().masks().suspend(1);
    return new AdapterScope(() -> wrapped.shared().masks().suspend(-1));
  }

  /**
   * Shows {@code observer} the input [rows, in] of every linear map with an active adapter, in each
   * forward pass, until the scope is closed; an earlier observer waits. The observer must copy what
   * it keeps. Layers that run on a changed weight, such as recurrent ones, have no such input.
   */
  public AdapterScope observingInputs(BiConsumer<Site, INDArray> observer) {
    Passes passes = wrapped.shared().passes();
    BiConsumer<Site, INDArray> before = passes.observer();
    passes.setObserver(observer);
    return new AdapterScope(() -> passes.setObserver(before));
  }
}
