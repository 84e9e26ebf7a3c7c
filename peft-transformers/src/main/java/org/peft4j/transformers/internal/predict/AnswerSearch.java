package org.peft4j.transformers.internal.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.TokenPlace;

/**
 * The best answer over the windows of a context, as {@code run_qa} of Hugging Face transformers
 * finds it: {@code z(a, b) = begin[a] + end[b]} of the best first and last positions in the
 * context, {@code a ≤ b < a + longest}; no answer has {@code z(0, 0)}, the lowest of all windows.
 * The score is the softmax of z over the best candidates.
 */
public record AnswerSearch(TextBatches batches, AnswerOptions options) {
  /** A window of a question. */
  private record Window(int question, EncodedText text) {}

  /** A part of the context, and its logit; none of it for no answer. */
  private record Candidate(int begin, int end, double logit) {
    Answer of(String context, double score) {
      return begin < 0
          ? Answer.none(score)
          : new Answer(context.substring(begin, end), begin, end, score);
    }
  }

  /** The best answer to each question, the first text of a pair, in its context, the second. */
  public List<Answer> of(List<TextInput.Pair> questions) {
    PredictionOptions model = PredictionOptions.defaults();
    int most = Math.min(options.longestInput(), batches.longestInput(model));
    TextLimit limit = TextLimit.windows(most, options.stride());
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      TextInput.Pair pair = questions.get(i);
      // As run_qa does: a space in front takes a token and says nothing.
      TextInput stripped = TextInput.pair(pair.first().stripLeading(), pair.second());
      for (EncodedText window : batches.tokenizer().encode(stripped, limit)) {
        windows.add(new Window(i, window));
      }
    }
    List<List<Candidate>> found = new ArrayList<>();
    double[] none = new double[questions.size()];
    Arrays.fill(none, Double.POSITIVE_INFINITY);
    questions.forEach(question -> found.add(new ArrayList<>()));
    batches.run(
        windows.stream().map(Window::text).toList(),
        options.batchSize(),
        (numbers, output, mask) -> {
          for (int row = 0; row < numbers.length; row++) {
            Window window = windows.get(numbers[row]);
            double[][] logits = logits(output.slice(row), window.text().length());
            found.get(window.question()).addAll(candidates(window.text(), logits));
            none[window.question()] =
                Math.min(none[window.question()], logits[0][0] + logits[1][0]);
          }
        });
    return IntStream.range(0, questions.size())
        .mapToObj(i -> best(found.get(i), none[i], questions.get(i).second()))
        .toList();
  }

  /** The logits of first and of last positions, without those of padding. */
  private static double[][] logits(INDArray row, int length) {
    double[][] pairs = row.toDoubleMatrix();
    double[][] logits = new double[2][length];
    for (int t = 0; t < length; t++) {
      logits[0][t] = pairs[t][0];
      logits[1][t] = pairs[t][1];
    }
    return logits;
  }

  private List<Candidate> candidates(EncodedText window, double[][] logits) {
    List<Candidate> candidates = new ArrayList<>();
    for (int begin : highest(logits[0])) {
      for (int end : highest(logits[1])) {
        if (begin <= end
            && end - begin < options.longestAnswer()
            && inContext(window, begin)
            && inContext(window, end)) {
          TokenPlace first = window.tokens().get(begin).place().orElseThrow();
          TokenPlace last = window.tokens().get(end).place().orElseThrow();
          candidates.add(
              new Candidate(first.begin(), last.end(), logits[0][begin] + logits[1][end]));
        }
      }
    }
    return candidates;
  }

  private static boolean inContext(EncodedText window, int t) {
    return window.tokens().get(t).place().map(place -> place.text() == 1).orElse(false);
  }

  private int[] highest(double[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble(t -> -logits[t]))
        .limit(options.candidates())
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private Answer best(List<Candidate> found, double none, String context) {
    Candidate nothing = new Candidate(-1, -1, none);
    if (options.none() || found.isEmpty()) {
      found.add(nothing);
    }
    List<Candidate> best =
        new ArrayList<>(
            found.stream()
                .sorted(Comparator.comparingDouble(candidate -> -candidate.logit()))
                .limit(options.candidates())
                .toList());
    if (options.none() && !best.contains(nothing)) {
      best.add(nothing);
    }
    double[] scores = Probabilities.softmax(best.stream().mapToDouble(Candidate::logit).toArray());
    int chosen =
        IntStream.range(0, best.size())
            .filter(i -> !best.get(i).equals(nothing))
            .filter(i -> !options.none() || none - best.get(i).logit() <= options.noneBy())
            .findFirst()
            .orElse(best.indexOf(nothing));
    return best.get(chosen).of(context, scores[chosen]);
  }
}
