package org.peft4j.transformers.generation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.transformers.internal.logits.LogitsProcessor;

/**
 * Beam search as in Hugging Face transformers: for each prompt the {@code k} likeliest texts grow,
 * and the {@code k} best finished ones are kept. A text of n new tokens scores
 *
 * <pre>Σ log p(token) / n^lengthPenalty</pre>
 *
 * <p>Where it samples, each step draws the tokens that continue the texts instead of taking the
 * likeliest; texts are still compared by their scores.
 */
final class BeamSearch {
  /** What excludes a candidate, as in transformers. */
  private static final float NEVER = -1e9f;

  /**
   * A text.
   *
   * @param ids with the prompt and its padding
   * @param sum of the log probabilities of its tokens; divided by the length once it has finished
   * @param beam that it continues
   */
  private record Text(int[] ids, float sum, int beam, boolean finished) {
    Text scored(float score) {
      return new Text(ids, score, beam, finished);
    }
  }

  /** The texts of one prompt. */
  private static final class Prompt {
    private Text[] running;
    private Text[] best;
    private final Row row;
    private boolean improvable = true;
    private boolean ended;

    Prompt(int[] ids, int beams, Row row) {
      this.row = row;
      running = new Text[beams];
      best = new Text[beams];
      for (int i = 0; i < beams; i++) {
        running[i] = new Text(ids, i == 0 ? 0 : NEVER, i, false);
        best[i] = new Text(ids, NEVER, i, false);
      }
    }

    boolean full() {
      return Arrays.stream(best).allMatch(Text::finished);
    }
  }

  /** How the tokens of a prompt's texts are chosen. */
  record Row(List<LogitsProcessor> processors, Continuations continuations) {}

  private final Beams beams;
  private final List<Row> rows;
  private final int kept;
  private final int room;
  private final Predicate<int[]> ends;

  /**
   * A search.
   *
   * @param rows one for each prompt
   * @param room the most new tokens
   * @param endTokens the number of tokens that end a text
   * @param ends whether a text has ended, whatever its length
   */
  BeamSearch(Beams beams, List<Row> rows, int room, int endTokens, Predicate<int[]> ends) {
    this.beams = beams;
    this.rows = rows;
    this.room = room;
    this.kept = Math.max(2, 1 + endTokens) * beams.count();
    this.ends = ends;
  }

  /**
   * The best texts of each prompt, prompt included, prompt by prompt and best first.
   *
   * @param prompts [rows, time], padded
   */
  List<int[]> run(Steps steps, int[][] prompts) {
    int k = beams.count();
    Prompt[] all =
        IntStream.range(0, prompts.length)
            .mapToObj(i -> new Prompt(prompts[i], k, rows.get(i)))
            .toArray(Prompt[]::new);
    float[][] logits = steps.next(prompts);
    int running = prompts.length;
    for (int step = 1; ; step++) {
      int from = running / prompts.length; // The prompts' own pass has a row for each of them.
      int[] sources = new int[k * prompts.length];
      for (int i = 0; i < all.length; i++) {
        advance(all[i], Arrays.copyOfRange(logits, i * from, (i + 1) * from), step);
        for (int beam = 0; beam < k; beam++) {
          sources[i * k + beam] = i * from + (from == 1 ? 0 : all[i].running[beam].beam());
        }
      }
      if (done(all)) {
        return results(all);
      }
      steps.select(sources, running);
      running = sources.length;
      logits =
          steps.next(
              Arrays.stream(all)
                  .flatMap(prompt -> Arrays.stream(prompt.running))
                  .map(text -> new int[] {text.ids()[text.ids().length - 1]})
                  .toArray(int[][]::new));
    }
  }

  /** Every text of a prompt gets a token more. */
  private void advance(Prompt prompt, float[][] logits, int step) {
    Text[] candidates = candidates(prompt, logits, step);
    prompt.ended = Arrays.stream(candidates).allMatch(Text::finished);
    Text[] open =
        Arrays.stream(candidates)
            .map(text -> text.finished() ? text.scored(text.sum() + NEVER) : text)
            .toArray(Text[]::new);
    finish(prompt, candidates, step);
    prompt.running =
        best(open, beams.count())
            .map(text -> new Text(text.ids(), text.sum(), text.beam(), false))
            .toArray(Text[]::new);
    prompt.improvable &= improvable(prompt, step);
  }

  private Text[] candidates(Prompt prompt, float[][] logits, int step) {
    float[][] sums = new float[beams.count()][];
    for (int beam = 0; beam < sums.length; beam++) {
      Text text = prompt.running[beam];
      float[] own = logits[logits.length == 1 ? 0 : beam];
      TokenChooser.requireNumbers(own);
      float[] scores = logProbabilities(own);
      for (LogitsProcessor processor : prompt.row.processors()) {
        scores = processor.apply(text.ids(), scores);
      }
      for (int id = 0; id < scores.length; id++) {
        scores[id] += text.sum();
      }
      sums[beam] = scores;
    }
    int vocabulary = sums[0].length;
    return Arrays.stream(prompt.row.continuations().choose(sums, kept))
        .mapToObj(
            i -> {
              int beam = i / vocabulary;
              int[] before = prompt.running[beam].ids();
              int[] ids = Arrays.copyOf(before, before.length + 1);
              ids[before.length] = i % vocabulary;
              boolean finished = step >= room || ends.test(ids);
              return new Text(ids, sums[beam][i % vocabulary], beam, finished);
            })
        .toArray(Text[]::new);
  }

  /** log softmax. */
  private static float[] logProbabilities(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    double all = max + Math.log(sum);
    float[] result = new float[logits.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) (logits[i] - all);
    }
    return result;
  }

  /** Keeps the best of the texts that have finished by now; the first k candidates may be new. */
  private void finish(Prompt prompt, Text[] candidates, int step) {
    boolean closed =
        !prompt.improvable || beams.earlyStopping() == EarlyStopping.YES && prompt.full();
    Text[] merged = Arrays.copyOf(prompt.best, beams.count() + candidates.length);
    for (int i = 0; i < candidates.length; i++) {
      Text text = candidates[i];
      boolean finished = text.finished() && i < beams.count();
      float score = text.sum() / (float) Math.pow(step, beams.lengthPenalty());
      score += (closed ? NEVER : 0) + (finished ? 0 : NEVER);
      merged[beams.count() + i] = new Text(text.ids(), score, text.beam(), finished);
    }
    prompt.best = best(merged, beams.count()).toArray(Text[]::new);
  }

  private static Stream<Text> best(Text[] texts, int count) {
    return Arrays.stream(texts)
        .sorted(Comparator.comparingDouble(text -> -text.sum()))
        .limit(count);
  }

  /** Whether a running text may still score above a finished one. */
  private boolean improvable(Prompt prompt, int step) {
    boolean longest = beams.earlyStopping() == EarlyStopping.NEVER && beams.lengthPenalty() > 0;
    double length = longest ? room : step;
    float possible = prompt.running[0].sum() / (float) Math.pow(length, beams.lengthPenalty());
    float worst = NEVER;
    if (prompt.full()) {
      worst = prompt.best[beams.count() - 1].sum();
    }
    return possible > worst;
  }

  private boolean done(Prompt[] all) {
    boolean improvable = Arrays.stream(all).anyMatch(prompt -> prompt.improvable);
    boolean full =
        beams.earlyStopping() == EarlyStopping.YES && Arrays.stream(all).allMatch(Prompt::full);
    boolean stuck = Arrays.stream(all).allMatch(prompt -> prompt.ended);
    return !improvable || full || stuck;
  }

  private List<int[]> results(Prompt[] all) {
    return Arrays.stream(all)
        .flatMap(prompt -> Arrays.stream(prompt.best).limit(beams.returned()))
        .map(Text::ids)
        .toList();
  }
}
