package org.peft4j.transformers.plan;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.peft4j.site.Site;
import org.peft4j.transformers.config.Family;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.model.ModelSites;

/** Llama and its kin, and GPT-2: language models, and classifiers with such a body. */
record CausalArchitecture(ModelConfig config) implements Architecture {
  @Override
  public String modelType() {
    return config.family().modelType();
  }

  @Override
  public boolean runs() {
    return true;
  }

  @Override
  public List<Site> sites() {
    return new ModelSites(config).all();
  }

  @Override
  public Set<String> heads() {
    return Set.of(head());
  }

  @Override
  public Set<String> tied() {
    return config.tiedHead() ? Set.of(head()) : Set.of();
  }

  private String head() {
    return new ModelSites(config).head().name();
  }

  @Override
  public StepShape step(TrainingBatch batch) {
    long rows = batch.tokens();
    long width = config.hiddenSize();
    int layers = config.layers();
    return new StepShape(
        rows * width,
        layers + 2, // embeddings and the last normalisation
        statistics() * rows,
        Collections.nCopies(layers, block(batch)),
        new HeadShape(
            config.labels().isPresent() ? batch.sequences() : rows, width, config.headSize()));
  }

  private BlockShape block(TrainingBatch batch) {
    long rows = batch.tokens();
    long width = config.hiddenSize();
    BlockShape norm = BlockShape.norm(rows, width, statistics());
    return norm.plus(attention(batch))
        .plus(BlockShape.sum(rows, width))
        .plus(norm)
        .plus(feedForward(rows));
  }

  private BlockShape attention(TrainingBatch batch) {
    ModelConfig.Attention shape = config.attention();
    return BlockShape.attention(
        batch.sequences(),
        batch.length(),
        batch.length(),
        shape.heads(),
        (long) shape.heads() * shape.headSize(),
        (long) shape.keyValueHeads() * shape.headSize());
  }

  private BlockShape feedForward(long rows) {
    ModelConfig.Mlp mlp = config.mlp();
    return mlp.gated()
        ? BlockShape.gated(rows, mlp.innerSize())
        : BlockShape.plain(rows, mlp.innerSize());
  }

  /** Layer normalisation has a mean beside the deviation. */
  private int statistics() {
    return config.family() == Family.GPT2 ? 2 : 1;
  }
}
