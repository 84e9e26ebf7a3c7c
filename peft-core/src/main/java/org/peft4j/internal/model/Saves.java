package org.peft4j.internal.model;

import java.nio.file.Path;
import org.peft4j.error.PeftException;
import org.peft4j.internal.wrapped.WrappedModel;

/** Saves the adapters of a model. */
public final class Saves {
  private final WrappedModel<?> wrapped;
  private final AdapterMaker maker;
  private final AdapterSet adapters;

  public Saves(WrappedModel<?> wrapped, AdapterMaker maker, AdapterSet adapters) {
    this.wrapped = wrapped;
    this.maker = maker;
    this.adapters = adapters;
  }

  /**
   * Saves every adapter in a subfolder of its name.
   *
   * @param main the name of the one that is saved in {@code folder} itself
   * @param embeddings whether the base model's embeddings and head go into each file
   */
  public void all(Path folder, String main, boolean embeddings) {
    wrapped.traffic().requireOpen();
    if (adapters.names().isEmpty()) {
      throw new PeftException(
          "There is no adapter to save. Add one with addAdapter, or load one with loadAdapter.");
    }
    for (String name : adapters.names()) {
      one(name, name.equals(main) ? folder : folder.resolve(name), embeddings);
    }
  }

  /** Saves one adapter in {@code folder} itself. */
  public void one(String name, Path folder, boolean embeddings) {
    wrapped
        .traffic()
        .pass(
            () -> {
              maker.save(adapters.get(name), folder, embeddings);
              return name;
            });
  }
}
