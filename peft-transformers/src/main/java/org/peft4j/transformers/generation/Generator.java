package org.peft4j.transformers.generation;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.internal.logits.LogitsProcessor;
import org.peft4j.transformers.tokenizer.Tokenizer;
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
  private final Optional<Tokenizer> tokenizer;

  private Generator(
      ComputationGraph graph, ModelArchitecture model, Optional<Tokenizer> tokenizer) {
    this.graph = graph;
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /** Generates with the base model. Prompts of an encoder-decoder are its encoder's texts. */
  public static Generator of(GenerativeModel model) {
    return of(model, model.graph());
  }

  /**
   * Generates with a graph wrapped around the base model, {@code peft.network()}, and the adapters
   * that are active when {@link #generate} is called.
   */
  public static Generator of(GenerativeModel model, ComputationGraph wrapped) {
    return new Generator(wrapped, model.architecture(), Optional.empty());
  }

  /** The same with a tokenizer, which stop strings need. */
  public Generator with(Tokenizer value) {
    return new Generator(graph, model, Optional.of(value));
  }

  /**
   * The texts that follow prompts, or that an encoder-decoder makes of texts, without special
   * tokens. The generator must have a tokenizer.
   *
   * @throws PeftException as {@link #generate(List, GenerationConfig, TokenListener)} does, or
   *     without a tokenizer
   */
  public List<String> write(List<String> prompts, GenerationConfig config) {
    Tokenizer own =
        tokenizer.orElseThrow(
            () -> new PeftException("Texts need a tokenizer; give it: generator.with(tokenizer)."));
    List<int[]> ids = prompts.stream().map(prompt -> own.encode(prompt, true)).toList();
    return generate(ids, config).rows().stream().map(row -> row.text(own)).toList();
  }

  /** As {@link #generate(List, GenerationConfig, TokenListener)}, without a listener. */
  public Generation generate(List<int[]> prompts, GenerationConfig config) {
    return generate(prompts, config, (row, id) -> {});
  }

  /**
   * Continues each prompt, or decodes each text of an encoder-decoder. A row ends at the model's
   * last position; a warning says so before the first token if the rows could get there. With
   * several returned sequences, those of a prompt follow each other.
   *
   * @param prompts token ids, with a begin-of-text token if the model needs one
   * @param listener receives each token, row by row at every step; with beams, whole rows at the
   *     end
   * @throws PeftException if a prompt is empty, has more tokens than the model has positions or as
   *     many as {@code maxLength}, or contains an id outside the vocabulary; if a token rule has
   *     such an id; or if a logit is not finite
   */
  public Generation generate(List<int[]> prompts, GenerationConfig config, TokenListener listener) {
    PromptCheck.require(prompts, model);
    PromptCheck.requireIds(config.rules(), model);
    boolean encodes = model.encoder().isPresent();
    boolean beams = config.beams().count() > 1;
    List<int[]> given = beams ? prompts : repeated(prompts, config.beams().returned());
    List<int[]> begin = encodes ? starts(given.size(), config) : given;
    Set<Integer> endOfText = Set.copyOf(config.eosTokenIds().orElse(model.tokens().endOfText()));
    int longest = begin.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
    int wanted = config.room(longest);
    // The model never reads the last token, so it needs no position.
    int room = (int) Math.min(wanted, (long) positions() - longest + 1);
    warning(positions(), longest, wanted).ifPresent(LOG::warn);
    requireOneRow(begin.size(), config);
    Batch batch = new Batch(begin, padding(config), room);
    RowEnds ends = new RowEnds(endOfText, config.rules().stopStrings(), tokenizer, longest);
    int[][] sources = encodes ? Steps.padded(given, batch.padding()) : batch.padded();
    List<List<LogitsProcessor>> processors =
        Arrays.stream(sources)
            .map(text -> Processors.of(config, longest, longest + wanted, endOfText, text))
            .toList();
    Ending last = room == wanted ? Ending.LENGTH : Ending.POSITIONS;
    try (Steps steps = new Steps(graph, encodes)) {
      if (encodes) {
        steps.encode(given, batch.padding());
      } else {
        steps.begin(batch.mask());
      }
      if (beams) {
        return search(config, processors, room, ends, steps, batch, last, listener);
      }
      choose(config, processors, room, ends, steps, batch, listener);
    }
    batch.end(last);
    return batch.result();
  }

  /**
   * Writes a caption of each picture: the tokens that follow its prompt, which begins with the
   * model's begin-of-text token.
   *
   * @param pixelValues [pictures, channels, height, width]
   * @param prompts one for each, all of the same length
   * @throws PeftException if the model reads no pictures, the prompts are not as many, or of
   *     different lengths; or as {@link #generate(List, GenerationConfig, TokenListener)} does
   */
  public Generation generate(
      INDArray pixelValues, List<int[]> prompts, GenerationConfig config, TokenListener listener) {
    if (model.encoder().isEmpty() || model.pictures().isEmpty()) {
      throw new PeftException("This model writes no captions: it reads no pictures.");
    }
    if (prompts.size() != pixelValues.size(0)
        || prompts.stream().mapToInt(prompt -> prompt.length).distinct().count() != 1) {
      throw new PeftException(
          "There are %d pictures, and prompts of the lengths %s; needed: one for each, of the same length."
              .formatted(
                  pixelValues.size(0), prompts.stream().map(prompt -> prompt.length).toList()));
    }
    PromptCheck.require(prompts, model);
    PromptCheck.requireIds(config.rules(), model);
    boolean beams = config.beams().count() > 1;
    int times = beams ? 1 : config.beams().returned();
    List<int[]> begin = repeated(prompts, times);
    Set<Integer> endOfText = Set.copyOf(config.eosTokenIds().orElse(model.tokens().endOfText()));
    int longest = begin.get(0).length;
    int wanted = config.room(longest);
    int room = (int) Math.min(wanted, (long) positions() - longest + 1);
    warning(positions(), longest, wanted).ifPresent(LOG::warn);
    requireOneRow(begin.size(), config);
    Batch batch = new Batch(begin, padding(config), room);
    RowEnds ends = new RowEnds(endOfText, config.rules().stopStrings(), tokenizer, longest);
    List<List<LogitsProcessor>> processors =
        begin.stream()
            .map(text -> Processors.of(config, longest, longest + wanted, endOfText, text))
            .toList();
    Ending last = room == wanted ? Ending.LENGTH : Ending.POSITIONS;
    try (Steps steps = new Steps(graph, true)) {
      steps.encode(times == 1 ? pixelValues : Nd4j.repeat(pixelValues, times));
      if (beams) {
        return search(config, processors, room, ends, steps, batch, last, listener);
      }
      choose(config, processors, room, ends, steps, batch, listener);
    }
    batch.end(last);
    return batch.result();
  }

  private static void requireOneRow(int rows, GenerationConfig config) {
    if (config.promptLookupTokens() > 0 && rows != 1) {
      throw new PeftException(
          "promptLookupTokens is %d, which continues one row at a time; there are %d. Give them one after the other."
              .formatted(config.promptLookupTokens(), rows));
    }
  }

  private static List<int[]> repeated(List<int[]> prompts, int times) {
    return prompts.stream().flatMap(prompt -> Collections.nCopies(times, prompt).stream()).toList();
  }

  /** What a decoder begins with. */
  private List<int[]> starts(int rows, GenerationConfig config) {
    int start =
        Stream.of(
                config.decoderStartTokenId(),
                model.tokens().decoderStart(),
                model.tokens().beginOfText())
            .flatMapToInt(OptionalInt::stream)
            .findFirst()
            .orElseThrow(
                () ->
                    new PeftException(
                        "The model's config.json has no decoder_start_token_id, which its decoder"
                            + " begins with. Add it, or give decoderStartTokenId."));
    if (start < 0 || start >= model.vocabularySize()) {
      throw new PeftException(
          "decoderStartTokenId is "
              + start
              + "; allowed: 0 to "
              + (model.vocabularySize() - 1)
              + ".");
    }
    return Collections.nCopies(rows, new int[] {start});
  }

  /** The number of positions of a row; a decoder that reads an encoder may have no limit. */
  private int positions() {
    if (model.encoder().isEmpty()) {
      return model.longestText();
    }
    return model.body().tokenInput().positions().map(PositionPart::positions).orElse(1 << 30);
  }

  private void choose(
      GenerationConfig config,
      List<List<LogitsProcessor>> processors,
      int room,
      RowEnds ends,
      Steps steps,
      Batch batch,
      TokenListener listener) {
    List<TokenChooser> choosers =
        IntStream.range(0, batch.rows())
            .mapToObj(row -> new TokenChooser(config, processors.get(row), row))
            .toList();
    if (config.promptLookupTokens() > 0) {
      guess(config.promptLookupTokens(), choosers.get(0), room, ends, steps, batch, listener);
      return;
    }
    int[][] input = batch.padded();
    for (int step = 0; step < room && !batch.ended(); step++) {
      int[] tokens = choose(batch, choosers, steps.next(input));
      report(batch, tokens, listener);
      batch.append(tokens, ends);
      input = batch.latest();
    }
  }

  /** The same for one row, whose guessed tokens the model reads at once. */
  private static void guess(
      int most,
      TokenChooser chooser,
      int room,
      RowEnds ends,
      Steps steps,
      Batch batch,
      TokenListener listener) {
    int[] input = batch.padded()[0];
    int done = 0;
    while (done < room && !batch.ended()) {
      int[] guessed = PromptLookup.guess(batch.soFar(0), Math.min(most, room - done - 1));
      int[] read = Arrays.copyOf(input, input.length + guessed.length);
      System.arraycopy(guessed, 0, read, input.length, guessed.length);
      float[][] logits = steps.next(read, guessed.length + 1);
      int right = -1;
      boolean goesOn;
      do {
        right++;
        int[] token = {chooser.choose(batch.soFar(0), logits[right])};
        report(batch, token, listener);
        batch.append(token, ends);
        goesOn = right < guessed.length && token[0] == guessed[right] && !batch.ended();
      } while (goesOn);
      done += right + 1;
      steps.takeBack(guessed.length - right);
      input = batch.latest()[0];
    }
  }

  private Generation search(
      GenerationConfig config,
      List<List<LogitsProcessor>> processors,
      int room,
      RowEnds ends,
      Steps steps,
      Batch batch,
      Ending last,
      TokenListener listener) {
    List<BeamSearch.Row> rows =
        IntStream.range(0, batch.rows())
            .mapToObj(
                row ->
                    new BeamSearch.Row(
                        processors.get(row),
                        config.doSample()
                            ? Continuations.drawn(TokenChooser.random(config, row))
                            : Continuations.LIKELIEST))
            .toList();
    BeamSearch search =
        new BeamSearch(
            config.beams(), rows, room, ends.endOfText().size(), ids -> ends.of(ids).isPresent());
    List<int[]> texts = search.run(steps, batch.padded());
    Generation result = batch.result(texts, ends, last);
    for (int row = 0; row < result.rows().size(); row++) {
      for (int id : result.rows().get(row).tokens()) {
        listener.token(row, id);
      }
    }
    return result;
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
