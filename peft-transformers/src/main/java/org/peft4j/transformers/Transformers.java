package org.peft4j.transformers;

import java.nio.file.Path;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;
import org.peft4j.transformers.plan.TransformerPlanner;

/**
 * Loads Hugging Face checkpoint folders: {@code config.json} and {@code model.safetensors}, whole
 * or in shards. Supported families: Llama, Mistral and Qwen2 with attention to all positions,
 * GPT-2; as language models and as classifiers of sequences.
 *
 * <p>Weights that the file holds in the type asked for are mapped, not copied: the file must stay
 * as it is while the model is open. Others are converted.
 */
public final class Transformers {
  private Transformers() {}

  /**
   * Tells what an adapter of {@code config} would be on a checkpoint, and what training it would
   * take, from its {@code config.json} alone.
   *
   * @param path a {@code config.json}, or a folder with one, of a supported family, T5 or mT5
   * @throws PeftException if there is none, or the config is impossible for the model
   */
  public static TransformerPlan plan(Path path, PeftConfig config, TrainingBatch batch) {
    return TransformerPlanner.plan(path, config, batch);
  }

  /** Loads a language model with {@link TransformerOptions#defaults()}. */
  public static CausalLanguageModel load(Path folder) {
    return load(folder, TransformerOptions.defaults());
  }

  /**
   * Loads a language model.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is a
   *     classifier's, or a tensor is missing, unexpected or of another shape
   */
  public static CausalLanguageModel load(Path folder, TransformerOptions options) {
    ModelArchitecture model = Families.read(folder);
    if (model.labels().isPresent()) {
      throw new PeftException(
          folder
              + " is a classifier ("
              + model.names().className()
              + "), no language model. Load it with Transformers.loadClassifier.");
    }
    return new CausalLanguageModel(folder, new ModelLoader(folder, model, options).load(), options);
  }

  /** Loads a classifier with {@link TransformerOptions#defaults()}. */
  public static SequenceClassifier loadClassifier(Path folder) {
    return loadClassifier(folder, TransformerOptions.defaults());
  }

  /**
   * Loads a checkpoint of a sequence classifier, {@code …ForSequenceClassification}. Its labels are
   * {@code id2label} of its {@code config.json}.
   *
   * @throws PeftException if the family or a setting is not supported (regression and several
   *     labels at once are not), the checkpoint is a language model's, or a tensor is missing,
   *     unexpected or of another shape
   */
  public static SequenceClassifier loadClassifier(Path folder, TransformerOptions options) {
    ModelArchitecture model = Families.read(folder);
    Labels labels =
        model
            .labels()
            .orElseThrow(
                () ->
                    new PeftException(
                        folder
                            + " is a language model and has no labels. Give them, to put a new head"
                            + " on it: Transformers.loadClassifier(folder, Labels.of(…))."));
    return new SequenceClassifier(
        folder, new ModelLoader(folder, model, options).load(), labels, options);
  }

  /** Like the other, with {@link TransformerOptions#defaults()}. */
  public static SequenceClassifier loadClassifier(Path folder, Labels labels) {
    return loadClassifier(folder, labels, TransformerOptions.defaults());
  }

  /**
   * Loads a classifier of these labels. On a language model's checkpoint it puts a new head, normal
   * with the deviation {@code initializer_range} of its config and drawn from the seed of {@code
   * options}; the language model's own head is not used. An adapter whose task is {@code SEQ_CLS}
   * trains the new head.
   *
   * @throws PeftException if the family or a setting is not supported, the checkpoint is a
   *     classifier's of another number of labels, or a tensor is missing, unexpected or of another
   *     shape
   */
  public static SequenceClassifier loadClassifier(
      Path folder, Labels labels, TransformerOptions options) {
    ModelArchitecture stored = Families.read(folder);
    ModelLoader loader = new ModelLoader(folder, Families.read(folder, labels), options);
    if (stored.labels().isEmpty()) {
      return new SequenceClassifier(folder, loader.loadWithNewHead(stored.head()), labels, options);
    }
    if (stored.head().outputs() != labels.size()) {
      throw new PeftException(
          folder
              + " is a classifier of "
              + stored.head().outputs()
              + " labels; "
              + labels.size()
              + " are given, "
              + labels.names()
              + ". Give as many, or a language model's folder for a new head.");
    }
    return new SequenceClassifier(folder, loader.load(), labels, options);
  }

  /**
   * Loads a checkpoint as what its {@code config.json} says that it is.
   *
   * @throws PeftException as {@link #load(Path, TransformerOptions)} and {@link
   *     #loadClassifier(Path, TransformerOptions)} do
   */
  public static TransformerModel open(Path folder, TransformerOptions options) {
    return Families.read(folder).labels().isPresent()
        ? loadClassifier(folder, options)
        : load(folder, options);
  }
}
