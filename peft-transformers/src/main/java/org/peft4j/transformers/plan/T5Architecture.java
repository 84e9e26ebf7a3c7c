package org.peft4j.transformers.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.config.T5Config;

/**
 * T5 and mT5. Their activations are estimated as if their blocks were built as those of the other
 * families.
 */
record T5Architecture(T5Config config) implements Architecture {
  private static final String HEAD = "lm_head";

  @Override
  public String modelType() {
    return config.modelType();
  }

  @Override
  public boolean runs() {
    return false;
  }

  @Override
  public List<Site> sites() {
    List<Site> sites = new ArrayList<>();
    sites.add(embedding("shared", config.vocabularySize(), config.hiddenSize()));
    for (int i = 0; i < config.encoderLayers(); i++) {
      String block = "encoder.block." + i + ".layer.";
      attention(sites, block + 0, "SelfAttention", i == 0);
      feedForward(sites, block + 1);
    }
    sites.add(norm("encoder.final_layer_norm"));
    for (int i = 0; i < config.decoderLayers(); i++) {
      String block = "decoder.block." + i + ".layer.";
      attention(sites, block + 0, "SelfAttention", i == 0);
      attention(sites, block + 1, "EncDecAttention", false);
      feedForward(sites, block + 2);
    }
    sites.add(norm("decoder.final_layer_norm"));
    sites.add(linear(HEAD, config.hiddenSize(), config.vocabularySize()));
    return List.copyOf(sites);
  }

  private void attention(List<Site> sites, String layer, String name, boolean positions) {
    String prefix = layer + "." + name + ".";
    long width = config.hiddenSize();
    long inner = headsWidth();
    for (String projection : List.of("q", "k", "v")) {
      sites.add(linear(prefix + projection, width, inner));
    }
    sites.add(linear(prefix + "o", inner, width));
    if (positions) {
      sites.add(
          embedding(prefix + "relative_attention_bias", config.positionBuckets(), config.heads()));
    }
    sites.add(norm(layer + ".layer_norm"));
  }

  private void feedForward(List<Site> sites, String layer) {
    String prefix = layer + ".DenseReluDense.";
    for (String name : config.gated() ? List.of("wi_0", "wi_1") : List.of("wi")) {
      sites.add(linear(prefix + name, config.hiddenSize(), config.innerSize()));
    }
    sites.add(linear(prefix + "wo", config.innerSize(), config.hiddenSize()));
    sites.add(norm(layer + ".layer_norm"));
  }

  /** The width of all heads together, which need not be that of the residual stream. */
  private long headsWidth() {
    return (long) config.heads() * config.headSize();
  }

  private static Site linear(String name, long in, long out) {
    return Site.linear(name, name, in, out, List.of(SiteParameter.weight("weight", out, in)));
  }

  private static Site embedding(String name, long rows, long width) {
    return Site.embedding(
        name, name, rows, width, List.of(SiteParameter.weight("weight", rows, width)));
  }

  private Site norm(String name) {
    SiteParameter weight = SiteParameter.weight("weight", config.hiddenSize());
    return Site.parameters(name, name, SiteKind.NORM, List.of(weight));
  }

  @Override
  public Set<String> heads() {
    return Set.of(HEAD);
  }

  @Override
  public Set<String> tied() {
    return config.tiedHead() ? Set.of(HEAD) : Set.of();
  }

  @Override
  public StepShape step(TrainingBatch batch) {
    long rows = batch.tokens();
    long width = config.hiddenSize();
    BlockShape feedForward =
        config.gated()
            ? BlockShape.gated(rows, config.innerSize())
            : BlockShape.plain(rows, config.innerSize());
    BlockShape part = BlockShape.norm(rows, width, 1).plus(attention(batch));
    BlockShape sum = BlockShape.sum(rows, width);
    BlockShape last = BlockShape.norm(rows, width, 1).plus(feedForward);
    BlockShape encoder = part.plus(sum).plus(last);
    List<BlockShape> blocks = new ArrayList<>(Collections.nCopies(config.encoderLayers(), encoder));
    blocks.addAll(Collections.nCopies(config.decoderLayers(), encoder.plus(part).plus(sum)));
    return new StepShape(
        rows * width,
        blocks.size() + 4, // embeddings and the last normalisation, twice
        2 * rows,
        blocks,
        new HeadShape(rows, width, config.vocabularySize()));
  }

  private BlockShape attention(TrainingBatch batch) {
    return BlockShape.attention(
        batch.sequences(),
        batch.length(),
        batch.length(),
        config.heads(),
        headsWidth(),
        headsWidth());
  }
}
