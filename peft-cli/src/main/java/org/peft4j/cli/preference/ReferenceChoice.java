package org.peft4j.cli.preference;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.TaskData;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.train.data.Batch;
import org.peft4j.train.preference.Reference;

/** The reference of an objective, which is open while it is used. */
public final class ReferenceChoice implements AutoCloseable {
  private static final String BASE = "base";
  private static final String START = "start";
  private static final String NONE = "none";

  private final Optional<Reference> reference;
  private final Optional<PeftModel<ComputationGraph>> other;

  private ReferenceChoice(
      Optional<Reference> reference, Optional<PeftModel<ComputationGraph>> other) {
    this.reference = reference;
    this.other = other;
  }

  /**
   * Checks a reference before a model is loaded.
   *
   * @param training whether the model is to train, so that it has a start
   * @throws PeftException if it cannot be used
   */
  public static void check(PreferenceOptions options, boolean training) {
    options.requireUse();
    String name = options.reference.orElse(BASE);
    if (name.equals(START) && !training) {
      throw new PeftException(
          "--reference is start, and nothing trains here; give base, none, or the folder of an"
              + " adapter.");
    }
    if (isFolder(name)) {
      if (!Files.isDirectory(Path.of(name))) {
        throw new PeftException(
            "--reference is %s, which is no folder; allowed: base, start, none, or the folder of an adapter."
                .formatted(name));
      }
      AdapterFiles.readConfig(Path.of(name));
    }
  }

  private static boolean isFolder(String name) {
    return !name.equals(BASE) && !name.equals(START) && !name.equals(NONE);
  }

  /**
   * Opens the reference.
   *
   * @param base the model without adapters, whose weights another adapter shares
   * @param model the one that trains, or is measured
   */
  public static ReferenceChoice open(
      PreferenceOptions options, ComputationGraph base, PeftModel<ComputationGraph> model) {
    if (!options.goal().compares()) {
      return new ReferenceChoice(Optional.empty(), Optional.empty());
    }
    String name = options.reference.orElse(BASE);
    if (isFolder(name)) {
      PeftModel<ComputationGraph> other = Peft.bare(base, 0);
      other.loadAdapter(Peft.DEFAULT_ADAPTER, Path.of(name));
      other.setActive(Peft.DEFAULT_ADAPTER);
      return new ReferenceChoice(Optional.of(Reference.of(other)), Optional.of(other));
    }
    Reference reference =
        switch (name) {
          case START -> Reference.start(model);
          case NONE -> Reference.none();
          default -> Reference.base();
        };
    return new ReferenceChoice(Optional.of(reference), Optional.empty());
  }

  /** Data with this reference, if the objective has one. */
  public <B extends Batch> TaskData<B> on(TaskData<B> data) {
    return reference.map(data::comparedWith).orElse(data);
  }

  @Override
  public void close() {
    other.ifPresent(PeftModel::close);
  }
}
