package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.config.PeftConfig;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;
import org.peft4j.transformers.plan.TransformerPlanner;

/**
 * A loaded checkpoint: a {@link ComputationGraph} from {@code input_ids} [batch, time], and of an
 * encoder-decoder {@code decoder_input_ids}, to the output of its head. The features' mask is
 * Hugging Face's {@code attention_mask} [batch, time].
 *
 * <p>The graph has no parameters of its own; wrap it to train adapters. It runs without the base
 * model's dropout, in training too.
 */
public abstract sealed class TransformerModel implements AutoCloseable
    permits CausalLanguageModel,
        Encoder,
        QuestionAnswerer,
        Seq2SeqLanguageModel,
        SequenceClassifier,
        TokenClassifier {
  private final Path folder;
  private final FrozenModel model;
  private final ComputationGraph graph;

  TransformerModel(Path folder, FrozenModel model, TransformerOptions options) {
    this.folder = folder;
    this.model = model;
    this.graph = GraphBuilder.build(model, options);
  }

  public final ComputationGraph graph() {
    return graph;
  }

  /** The architecture in its {@code config.json}. */
  public final ModelArchitecture architecture() {
    return model.architecture();
  }

  /** The folder that it was loaded from. */
  public final Path folder() {
    return folder;
  }

  /** Every site where adapters can act, in the order of the forward pass. */
  public final List<Site> sites() {
    return architecture().sites();
  }

  /** The number of frozen parameters; a tied head counts once. */
  public final long parameterCount() {
    return architecture().parameterCount();
  }

  /**
   * Reports, before allocating anything, what {@code config} would train here and the memory that
   * training would take.
   */
  public final TransformerPlan plan(PeftConfig config, TrainingBatch batch) {
    return TransformerPlanner.plan(architecture(), config, batch);
  }

  /** Frees the weights. The graph, and every graph wrapped around it, fails afterwards. */
  @Override
  public final void close() {
    graph.rnnClearPreviousState();
    model.close();
  }
}
