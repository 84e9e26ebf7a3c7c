package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftConfig;
import org.peft4j.site.Site;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.layer.FrozenModel;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;
import org.peft4j.transformers.plan.TransformerPlanner;

/**
 * A loaded causal language model: a {@link ComputationGraph} from {@code input_ids} [batch, time]
 * to {@code lm_head}, whose output is logits [batch, time, vocabulary].
 *
 * <p>Labels are token ids [batch, time]: the logits at t predict the label at t + 1, and −100 means
 * no label. The features' mask is Hugging Face's {@code attention_mask}. The graph has no
 * parameters of its own; wrap it to train adapters. It runs without the base model's dropout, in
 * training too.
 *
 * <p>{@code rnnTimeStep} takes a prompt and then token after token, from a cache of keys and
 * values.
 */
public final class CausalLanguageModel implements AutoCloseable {
  private final Path folder;
  private final FrozenModel model;
  private final ComputationGraph graph;

  CausalLanguageModel(Path folder, FrozenModel model, TransformerOptions options) {
    this.folder = folder;
    this.model = model;
    this.graph = GraphBuilder.build(model, options);
  }

  public ComputationGraph graph() {
    return graph;
  }

  public ModelConfig config() {
    return model.config();
  }

  /** Where it was loaded from. */
  public Path folder() {
    return folder;
  }

  /** Every place where something can be grafted, in the order of the forward pass. */
  public List<Site> sites() {
    return model.sites().all();
  }

  /** The number of frozen parameters; a tied head counts once. */
  public long parameterCount() {
    return model.weights().count();
  }

  /** Tells what an adapter of {@code config} would be here, and what training it would take. */
  public TransformerPlan plan(PeftConfig config, TrainingBatch batch) {
    return TransformerPlanner.plan(config(), config, batch);
  }

  /** Frees the weights. The graph, and every graph wrapped around it, is unusable then. */
  @Override
  public void close() {
    graph.rnnClearPreviousState();
    model.close();
  }
}
