package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.error.PeftException;

/**
 * One example: token ids, and what is to be predicted of them. The arrays are shared, not copied:
 * do not change them.
 *
 * <table>
 *   <caption>What is predicted</caption>
 *   <tr><td>{@link #of(int[], int[], int[])}</td><td>the label at t + 1 by the output at t</td></tr>
 *   <tr><td>{@link #tagged}</td><td>the class of each token</td></tr>
 *   <tr><td>{@link #classified(int[], int, int[])}</td><td>the class of the sequence</td></tr>
 *   <tr><td>{@link #numbered}</td><td>several labels at once, or numbers</td></tr>
 *   <tr><td>{@link #answered}</td><td>where an answer begins and ends</td></tr>
 *   <tr><td>{@link #decoded}</td><td>the decoder's label at t by its output at t</td></tr>
 *   <tr><td>{@link #text}</td><td>nothing: its vector is compared with others</td></tr>
 * </table>
 *
 * <p>A label of {@value #IGNORED} is not predicted.
 */
public final class TokenSequence {
  /** The label of a token that is not predicted, as in PyTorch. */
  public static final int IGNORED = Target.IGNORED;

  private final int[] ids;
  private final int[] mask;
  private final Target target;
  private final Optional<int[]> types;
  private final Optional<Decoded> decoded;
  private final Optional<Integer> task;

  /** The input of a decoder. */
  record Decoded(int[] ids, int[] mask) {}

  private TokenSequence(
      int[] ids,
      int[] mask,
      Target target,
      Optional<int[]> types,
      Optional<Decoded> decoded,
      Optional<Integer> task) {
    this.ids = ids;
    this.mask = mask;
    this.target = target;
    this.types = types;
    this.decoded = decoded;
    this.task = task;
  }

  private static TokenSequence of(int[] ids, int[] mask, Target target) {
    if (ids.length != checked(mask).length) {
      throw new PeftException(
          "A sequence has %d token ids and a mask of %d; both must be equally long."
              .formatted(ids.length, mask.length));
    }
    return new TokenSequence(
        ids, mask, target, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Tokens that are each predicted from those before them. */
  public static TokenSequence of(int[] ids) {
    return of(ids, ids);
  }

  /** Tokens with labels of their own. */
  public static TokenSequence of(int[] ids, int[] labels) {
    return of(ids, labels, ones(ids.length));
  }

  /**
   * Tokens with padding among them.
   *
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if the lengths differ, or the mask holds anything else
   */
  public static TokenSequence of(int[] ids, int[] labels, int[] mask) {
    requireEqual(ids, labels);
    return of(ids, mask, new Target.NextTokens(labels));
  }

  /**
   * Tokens with the number of the class of each, and padding among them.
   *
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if the lengths differ, or the mask holds anything else
   */
  public static TokenSequence tagged(int[] ids, int[] labels, int[] mask) {
    requireEqual(ids, labels);
    return of(ids, mask, new Target.TokenLabels(labels));
  }

  private static void requireEqual(int[] ids, int[] labels) {
    if (ids.length != labels.length) {
      throw new PeftException(
          "A sequence has %d token ids and %d labels; both must be equally long."
              .formatted(ids.length, labels.length));
    }
  }

  /**
   * Tokens for an encoder, with those of its decoder and a label for each of these.
   *
   * @param mask 1 for a token of the encoder, 0 for padding
   * @param decoderMask 1 for a token of the decoder, 0 for padding
   * @throws PeftException if lengths that belong together differ, or a mask holds anything else
   */
  public static TokenSequence decoded(
      int[] ids, int[] mask, int[] decoderIds, int[] decoderMask, int[] labels) {
    if (decoderIds.length != labels.length || decoderIds.length != checked(decoderMask).length) {
      throw new PeftException(
          "A decoder has %d token ids, %d labels and a mask of %d; all three must be equally long."
              .formatted(decoderIds.length, labels.length, decoderMask.length));
    }
    TokenSequence encoder = of(ids, mask, new Target.TokenLabels(labels));
    return new TokenSequence(
        ids,
        mask,
        encoder.target,
        Optional.empty(),
        Optional.of(new Decoded(decoderIds, decoderMask)),
        Optional.empty());
  }

  /** Tokens with the number of their class. */
  public static TokenSequence classified(int[] ids, int label) {
    return classified(ids, label, ones(ids.length));
  }

  /**
   * Tokens with the number of their class, and padding among them.
   *
   * @param label the number of the class
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if the lengths differ, or the mask holds anything else or no token
   */
  public static TokenSequence classified(int[] ids, int label, int[] mask) {
    return whole(ids, mask, new Target.Label(label));
  }

  /**
   * Tokens with numbers: for each of several labels 0 to 1, or what a regression predicts.
   *
   * @param numbers one for each output of the model
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if there is no number, or one is not finite; or as {@link
   *     #classified(int[], int, int[])}
   */
  public static TokenSequence numbered(int[] ids, float[] numbers, int[] mask) {
    for (float number : numbers) {
      if (!Float.isFinite(number)) {
        throw new PeftException(
            "The numbers of a sequence are "
                + Arrays.toString(numbers)
                + "; allowed: finite numbers.");
      }
    }
    if (numbers.length == 0) {
      throw new PeftException("A sequence has no number; give one for each output of the model.");
    }
    return whole(ids, mask, new Target.Numbers(numbers));
  }

  /**
   * Tokens with an answer among them.
   *
   * @param start the position of its first token; that of the first token of all, as a rule, for a
   *     text without the answer
   * @param end the position of its last token
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if a position is negative, other than {@value #IGNORED}; or as {@link
   *     #classified(int[], int, int[])}
   */
  public static TokenSequence answered(int[] ids, int start, int end, int[] mask) {
    if (start < 0 && start != IGNORED || end < 0 && end != IGNORED) {
      throw new PeftException(
          "An answer begins at %d and ends at %d; allowed: 0 and above, or %d for no label."
              .formatted(start, end, IGNORED));
    }
    return whole(ids, mask, new Target.Span(start, end));
  }

  /** Tokens without anything to predict: of a text whose vector is compared with others. */
  public static TokenSequence text(int[] ids) {
    return whole(ids, ones(ids.length), new Target.None());
  }

  private static TokenSequence whole(int[] ids, int[] mask, Target target) {
    if (ids.length != mask.length || Arrays.stream(checked(mask)).sum() == 0) {
      throw new PeftException(
          "A sequence has %d token ids and a mask of %d with %d ones; both must be equally long, with at least one token."
              .formatted(ids.length, mask.length, Arrays.stream(mask).sum()));
    }
    return of(ids, mask, target);
  }

  private static int[] checked(int[] mask) {
    for (int value : mask) {
      if (value != 0 && value != 1) {
        throw new PeftException(
            "The attention mask holds " + value + "; allowed: 1 for a token, 0 for padding.");
      }
    }
    return mask;
  }

  /**
   * Several sequences in one row, each apart: none attends to another, and positions begin anew in
   * each. The first token of a sequence is predicted by nothing, as if it were alone.
   *
   * @throws PeftException if they have types, tasks, or other labels than of tokens
   */
  static TokenSequence packed(List<TokenSequence> documents) {
    documents.forEach(TokenSequence::requirePackable);
    int[] numbers = new int[documents.stream().mapToInt(d -> d.ids.length).sum()];
    int at = 0;
    int before = 0;
    for (TokenSequence document : documents) {
      for (int number : document.mask) {
        numbers[at++] = number == 0 ? 0 : before + number;
      }
      before += Arrays.stream(document.mask).max().orElse(0);
    }
    Target target = new Target.NextTokens(joined(documents, TokenSequence::laterLabels));
    return new TokenSequence(
        joined(documents, TokenSequence::ids),
        numbers,
        target,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private void requirePackable() {
    if (!(target instanceof Target.NextTokens) || types.isPresent() || task.isPresent()) {
      throw new PeftException(
          "A sequence has "
              + (task.isPresent() ? "a task" : types.isPresent() ? "types" : target.kind())
              + (task.isPresent() || types.isPresent() ? " of its own" : " to predict")
              + ", and cannot be packed; allowed: sequences of the next tokens alone.");
    }
  }

  private int[] laterLabels() {
    int[] later = target.labels().clone();
    Arrays.fill(later, 0, Math.min(1, later.length), IGNORED);
    return later;
  }

  private static int[] joined(List<TokenSequence> all, Function<TokenSequence, int[]> part) {
    return all.stream().flatMapToInt(one -> Arrays.stream(part.apply(one))).toArray();
  }

  static int[] ones(int count) {
    int[] ones = new int[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** The same sequence with the number of its task, for multitask prompts. */
  public TokenSequence ofTask(int number) {
    return new TokenSequence(ids, mask, target, types, decoded, Optional.of(number));
  }

  /**
   * The same sequence with the type of each token: 0 for a first text, 1 for a second one.
   *
   * @throws PeftException if there are more or fewer than tokens
   */
  public TokenSequence withTypes(int[] value) {
    if (value.length != ids.length) {
      throw new PeftException(
          "A sequence has %d token ids and %d types of tokens; both must be equally long."
              .formatted(ids.length, value.length));
    }
    return new TokenSequence(ids, mask, target, Optional.of(value), decoded, task);
  }

  int[] ids() {
    return ids;
  }

  /** 1 for a token, or the number of its document; 0 for padding. */
  int[] mask() {
    return mask;
  }

  Target target() {
    return target;
  }

  /** The types of its tokens, if it has any. */
  Optional<int[]> types() {
    return types;
  }

  /** The input of its decoder, if it has one. */
  Optional<Decoded> decoded() {
    return decoded;
  }

  Optional<Integer> task() {
    return task;
  }

  /**
   * The tasks of some sequences; none if none of them has one.
   *
   * @throws PeftException if only some have a task
   */
  static List<Integer> tasks(List<TokenSequence> sequences) {
    List<Integer> tasks = sequences.stream().flatMap(one -> one.task.stream()).toList();
    if (!tasks.isEmpty() && tasks.size() < sequences.size()) {
      throw new PeftException(
          "%d of %d sequences have a task, the others none; give all of them one (task_id), or none."
              .formatted(tasks.size(), sequences.size()));
    }
    return tasks;
  }

  /** The number of positions, padding included; those of the longer side of an encoder-decoder. */
  public int length() {
    return Math.max(ids.length, decoded.map(decoder -> decoder.ids().length).orElse(0));
  }

  /** The number of positions that the model needs: as {@link #length}, of the longest document. */
  int longest() {
    int[] counts = new int[Arrays.stream(mask).max().orElse(0) + 1];
    Arrays.stream(mask).forEach(number -> counts[number]++);
    return counts.length <= 2 ? length() : Arrays.stream(counts).skip(1).max().orElse(0);
  }

  /**
   * The number of labels to predict: those that are not ignored, and where the next token is
   * predicted from the second position on. A class, some numbers or an answer count as one.
   */
  public int labelled() {
    return target.predictions();
  }
}
