package org.peft4j.transformers;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.architecture.StackInput;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.layer.BlockConf;
import org.peft4j.transformers.internal.layer.EmbeddingsConf;
import org.peft4j.transformers.internal.layer.HeadConf;
import org.peft4j.transformers.internal.layer.PatchesConf;
import org.peft4j.transformers.internal.layer.PoolerConf;
import org.peft4j.transformers.internal.layer.StackEndConf;
import org.peft4j.transformers.internal.layer.StacksMeetConf;
import org.peft4j.transformers.internal.layer.TransformerLayerConf;
import org.peft4j.transformers.internal.layer.TypedTokensConf;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.vector.PairsConf;
import org.peft4j.transformers.internal.vector.PairsMeetConf;
import org.peft4j.transformers.internal.vector.VectorConf;

/**
 * Chains the layers of a model: embeddings, block0, block1 …, norm (projection in a model that has
 * only that), and the head: lm_head, score, classifier … or pooler, beside whose output that of the
 * layer before is one too. With token types, {@code tokens} joins them and the ids.
 *
 * <p>A stack that reads pictures begins with {@code pixel_values} in place of {@code input_ids}.
 *
 * <p>CLIP has a chain from {@code input_ids} to {@code text_embeds} and one from {@code
 * pixel_values}, {@code picture_embeddings} …, to {@code image_embeds}; the vertex {@code pairs}
 * joins them for {@code logits_per_text}.
 *
 * <p>An encoder-decoder has two such chains, {@code encoder_embeddings} … and {@code
 * decoder_embeddings} …, and between them {@code encoded}, which reads the first chain and the
 * decoder's ids; under a head for labels or answers, the encoder's ids instead.
 */
final class GraphBuilder {
  private static final String IDS = "input_ids";
  private static final String PIXELS = "pixel_values";
  private static final String DECODER_IDS = "decoder_input_ids";
  private static final String ENCODED = "encoded";
  private static final String TYPES = "token_type_ids";
  private static final String TOKENS = "tokens";
  private static final String PAIRS = "pairs";
  private static final String POOLER = "pooler";

  private final FrozenModel model;
  private final ComputationGraphConfiguration.GraphBuilder graph;
  private final TransformerOptions options;
  private String last = "";

  private GraphBuilder(FrozenModel model, TransformerOptions options) {
    this.model = model;
    this.options = options;
    this.graph =
        new NeuralNetConfiguration.Builder()
            .seed(options.seed())
            .dataType(options.dataType())
            .updater(options.updater())
            .graphBuilder();
  }

  static ComputationGraph build(FrozenModel model, TransformerOptions options) {
    GraphBuilder builder = new GraphBuilder(model, options);
    if (model.architecture().encoder().isPresent()) {
      builder.input(Side.ENCODER);
      builder.stack(Side.ENCODER, "encoder_");
      builder.meet();
      builder.stack(Side.BODY, "decoder_");
    } else if (model.architecture().head() instanceof HeadPart.Pairs pairs) {
      builder.pairs(pairs);
    } else {
      builder.input(Side.BODY);
      if (options.tokenTypes()) {
        builder.types();
      }
      builder.stack(Side.BODY, "");
    }
    List<String> outputs = new ArrayList<>();
    if (model.architecture().head() instanceof HeadPart.Output head) {
      builder.add(head.name(), new HeadConf(model));
    } else if (model.architecture().head() instanceof HeadPart.Vector vector) {
      outputs.add(builder.last);
      String name = vector.projection().isPresent() ? vector.name() : POOLER;
      builder.add(name, new VectorConf(model, Side.BODY));
    } else if (model.architecture().head() instanceof HeadPart.Features features
        && !features.modules().isEmpty()) {
      outputs.add(builder.last);
      builder.add(POOLER, new PoolerConf(model));
    }
    outputs.add(builder.last);
    builder.graph.setOutputs(outputs.toArray(String[]::new));
    ComputationGraph result = new ComputationGraph(builder.graph.build());
    result.init();
    return result;
  }

  /** Two stacks side by side, whose vectors meet. */
  private void pairs(HeadPart.Pairs pairs) {
    input(Side.BODY);
    stack(Side.BODY, "");
    add(pairs.text().name(), new VectorConf(model, Side.BODY));
    String text = last;
    input(Side.PICTURES);
    stack(Side.PICTURES, "picture_");
    add(pairs.pictures().name(), new VectorConf(model, Side.PICTURES));
    graph.addVertex(PAIRS, new PairsMeetConf(), text, last);
    last = PAIRS;
    add(HeadPart.Pairs.NAME, new PairsConf(model));
  }

  /** Begins with what a stack reads. */
  private void input(Side side) {
    boolean pictures = model.architecture().stack(side).pictureInput().isPresent();
    last = pictures ? PIXELS : IDS;
    graph.addInputs(last);
  }

  private void stack(Side side, String prefix) {
    StackPart stack = model.architecture().stack(side);
    add(
        prefix + "embeddings",
        stack.pictureInput().isPresent()
            ? new PatchesConf(model, side)
            : new EmbeddingsConf(model, side));
    for (int i = 0; i < stack.blocks().size(); i++) {
      add(prefix + "block" + i, new BlockConf(model, side, i));
    }
    if (!stack.endSites().isEmpty()) {
      String name = stack.norm().isPresent() ? "norm" : "projection";
      add(prefix + name, new StackEndConf(model, side));
    }
  }

  private void types() {
    StackInput input = model.architecture().body().input();
    if (!(input instanceof InputPart tokens) || tokens.types().isEmpty()) {
      throw new PeftException(
          "tokenTypes is true, and models of the type "
              + model.architecture().modelType()
              + " have no token types; leave it out.");
    }
    graph.addInputs(TYPES).addVertex(TOKENS, new TypedTokensConf(), last, TYPES);
    last = TOKENS;
  }

  private void meet() {
    boolean own = model.architecture().takesDecoderIds();
    if (own) {
      graph.addInputs(DECODER_IDS);
    }
    graph.addVertex(ENCODED, new StacksMeetConf(model), last, own ? DECODER_IDS : IDS);
    last = ENCODED;
  }

  private void add(String name, TransformerLayerConf conf) {
    conf.setUpdater(options.updater());
    conf.setRegularization(options.regularization());
    graph.addLayer(name, conf, last);
    last = name;
  }
}
