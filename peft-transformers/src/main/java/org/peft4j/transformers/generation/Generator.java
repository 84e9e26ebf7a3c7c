package org.peft4j.transformers.generation;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.batch.LeftPadding;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continues several prompts of different lengths at once: one pass over the prompts, then one token
 * a step, with a cache of keys and values. A finished row stays in the batch, padded, until all
 * rows have finished.
 *
 * <pre>{@code
 * Generator generator = Generator.of(model, peft.network());
 * Generation result = generator.generate(List.of(ids), GenerationConfig.greedy(50));
 * }</pre>
 *
 * <p>It uses the graph's {@code rnnTimeStep} state and clears it before and after, also on failure.
 * Not thread-safe.
 */
public final class Generator {
  private static final Logger LOG = LoggerFactory.getLogger(Generator.class);

  private final ComputationGraph graph;
  private final ModelArchitecture model;

  private Generator(ComputationGraph graph, ModelArchitecture model) {
    this.graph = graph;
    this.model = model;
  }

  /** Generates with the base model. */
  public static Generator of(CausalLanguageModel model) {
    return new Generator(model.graph(), model.architecture());
  }

  /**
   * Generates with a graph wrapped around the base model, {@code peft.network()}, and the adapters
   * that are active when {@link #generate} is called.
   */
  public static Generator of(CausalLanguageModel model, ComputationGraph wrapped) {
    return new Generator(wrapped, model.architecture());
  }

  /** As {@link #generate(List, GenerationConfig, TokenListener)}, without a listener. */
  public Generation generate(List<int[]> prompts, GenerationConfig config) {
    return generate(prompts, config, (row, id) -> {});
  }

  /**
   * Continues each prompt. A row ends at the model's last position; a warning says so before the
   * first token if the rows could get there.
   *
   * @param prompts token ids, with a begin-of-text token if the model needs one
   * @param listener receives each token, row by row at every step
   * @throws PeftException if a prompt is empty, has more tokens than the model has positions or as
   *     many as {@code maxLength}, or contains an id outside the vocabulary; or if a logit is not
   *     finite
   */
  public Generation generate(List<int[]> prompts, GenerationConfig config, TokenListener listener) {
    PromptCheck.require(prompts, model);
    Set<Integer> endOfText = Set.copyOf(config.eosTokenIds().orElse(model.tokens().endOfText()));
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
    int wanted = config.room(longest);
    // The model never reads the last token, so it needs no position.
    int room = Math.min(wanted, model.longestText() - longest + 1);
    warning(model.longestText(), longest, wanted).ifPresent(LOG::warn);
    Batch batch = new Batch(prompts, padding(config), room);
    List<TokenChooser> choosers =
        IntStream.range(0, batch.rows()).mapToObj(row -> new TokenChooser(config, row)).toList();
    try {
      begin(batch);
      int[][] input = batch.padded();
      for (int step = 0; step < room && !batch.ended(); step++) {
        int[] tokens = choose(batch, choosers, step(input));
        report(batch, tokens, listener);
        batch.append(tokens, endOfText);
        input = batch.latest();
      }
    } finally {
      graph.rnnClearPreviousState();
    }
    batch.end(room == wanted ? Ending.LENGTH : Ending.POSITIONS);
    return batch.result();
  }

  /** What to say before the first token if rows may end at the model's last position. */
  static Optional<String> warning(int positions, int prompt, int wanted) {
    int room = positions - prompt + 1;
    return room >= wanted
        ? Optional.empty()
        : Optional.of(
            ("The model has %d positions: after a prompt of %d tokens, at most %d of the %d new"
                    + " tokens will come.")
                .formatted(positions, prompt, room, wanted));
  }

  /** The id to pad with: the config's, the model's, the model's first end-of-text token, or 0. */
  private int padding(GenerationConfig config) {
    int fallback =
        model.tokens().padding().orElse(model.tokens().endOfText().stream().findFirst().orElse(0));
    int id = config.padTokenId().orElse(fallback < model.vocabularySize() ? fallback : 0);
    if (id >= model.vocabularySize()) {
      throw new PeftException(
          "padTokenId is " + id + "; allowed: 0 to " + (model.vocabularySize() - 1) + ".");
    }
    return id;
  }

  private void begin(Batch batch) {
    try (INDArray mask = Nd4j.createFromArray(batch.mask())) {
      LeftPadding.begin(graph, mask);
    }
  }

  /** Runs the model one step; returns the logits of each row's last position. */
  private float[][] step(int[][] ids) {
    try (INDArray input = Nd4j.createFromArray(ids);
        INDArray logits = graph.rnnTimeStep(input)[0]) {
      long last = logits.size(1) - 1;
      return IntStream.range(0, ids.length)
          .mapToObj(row -> logits.get(point(row), point(last), all()).toFloatVector())
          .toArray(float[][]::new);
    }
  }

  private static int[] choose(Batch batch, List<TokenChooser> choosers, float[][] logits) {
    int[] tokens = new int[logits.length];
    for (int row = 0; row < tokens.length; row++) {
      if (!batch.ended(row)) {
        tokens[row] = choosers.get(row).choose(batch.soFar(row), logits[row]);
      }
    }
    return tokens;
  }

  private static void report(Batch batch, int[] tokens, TokenListener listener) {
    for (int row = 0; row < tokens.length; row++) {
      if (!batch.ended(row)) {
        listener.token(row, tokens[row]);
      }
    }
  }
}
