package org.peft4j.train.data;

import java.util.Arrays;
import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * One example: token ids with their labels. The model's output at t predicts the label at t + 1; a
 * label of {@value #IGNORED} is not predicted. For a classifier there is one label, the class of
 * the sequence; for a classifier of tokens, the output at t predicts the label at t. For an
 * encoder-decoder the decoder has token ids too, and its output at t predicts the label at t. The
 * arrays are shared, not copied: do not change them.
 */
public final class TokenSequence {
  /** The label of a token that is not predicted, as in PyTorch. */
  public static final int IGNORED = -100;

  private final int[] ids;
  private final int[] labels;
  private final int[] mask;
  private final Kind kind;
  private final Optional<Decoded> decoded;
  private final Optional<Integer> task;

  /** What labels are of. */
  private enum Kind {
    /** The next token. */
    NEXT,
    /** The token itself. */
    TOKEN,
    /** The sequence. */
    SEQUENCE
  }

  /** The input of a decoder. */
  record Decoded(int[] ids, int[] mask) {}

  private TokenSequence(
      int[] ids,
      int[] labels,
      int[] mask,
      Kind kind,
      Optional<Decoded> decoded,
      Optional<Integer> task) {
    this.ids = ids;
    this.labels = labels;
    this.mask = mask;
    this.kind = kind;
    this.decoded = decoded;
    this.task = task;
  }

  /** Tokens that are each predicted from those before them. */
  public static TokenSequence of(int[] ids) {
    return of(ids, ids);
  }

  /** Tokens with labels of their own. */
  public static TokenSequence of(int[] ids, int[] labels) {
    int[] mask = new int[ids.length];
    Arrays.fill(mask, 1);
    return of(ids, labels, mask);
  }

  /**
   * Tokens with padding among them.
   *
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if the lengths differ, or the mask holds anything else
   */
  public static TokenSequence of(int[] ids, int[] labels, int[] mask) {
    return of(ids, labels, mask, Kind.NEXT);
  }

  private static TokenSequence of(int[] ids, int[] labels, int[] mask, Kind kind) {
    if (ids.length != labels.length || ids.length != mask.length) {
      throw new PeftException(
          "A sequence has %d token ids, %d labels and a mask of %d; all three must be equally long."
              .formatted(ids.length, labels.length, mask.length));
    }
    return new TokenSequence(ids, labels, checked(mask), kind, Optional.empty(), Optional.empty());
  }

  /**
   * Tokens with the number of the class of each, and padding among them.
   *
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if the lengths differ, or the mask holds anything else
   */
  public static TokenSequence tagged(int[] ids, int[] labels, int[] mask) {
    return of(ids, labels, mask, Kind.TOKEN);
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
    if (ids.length != mask.length) {
      throw new PeftException(
          "A sequence has %d token ids and a mask of %d; both must be equally long."
              .formatted(ids.length, mask.length));
    }
    if (decoderIds.length != labels.length || decoderIds.length != decoderMask.length) {
      throw new PeftException(
          "A decoder has %d token ids, %d labels and a mask of %d; all three must be equally long."
              .formatted(decoderIds.length, labels.length, decoderMask.length));
    }
    Decoded decoder = new Decoded(decoderIds, checked(decoderMask));
    return new TokenSequence(
        ids, labels, checked(mask), Kind.TOKEN, Optional.of(decoder), Optional.empty());
  }

  /** Tokens with the number of their class. */
  public static TokenSequence classified(int[] ids, int label) {
    int[] mask = new int[ids.length];
    Arrays.fill(mask, 1);
    return classified(ids, label, mask);
  }

  /**
   * Tokens with the number of their class, and padding among them.
   *
   * @param label the number of the class
   * @param mask 1 for a token, 0 for padding
   * @throws PeftException if the lengths differ, or the mask holds anything else or no token
   */
  public static TokenSequence classified(int[] ids, int label, int[] mask) {
    if (ids.length != mask.length || Arrays.stream(checked(mask)).sum() == 0) {
      throw new PeftException(
          "A sequence has %d token ids and a mask of %d with %d ones; both must be equally long, with at least one token."
              .formatted(ids.length, mask.length, Arrays.stream(mask).sum()));
    }
    return new TokenSequence(
        ids, new int[] {label}, mask, Kind.SEQUENCE, Optional.empty(), Optional.empty());
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

  /** The same sequence with the number of its task, for multitask prompts. */
  public TokenSequence ofTask(int number) {
    return new TokenSequence(ids, labels, mask, kind, decoded, Optional.of(number));
  }

  int[] ids() {
    return ids;
  }

  int[] labels() {
    return labels;
  }

  int[] mask() {
    return mask;
  }

  /** Whether its label is the class of the sequence. */
  boolean isClassified() {
    return kind == Kind.SEQUENCE;
  }

  /** The input of its decoder, if it has one. */
  Optional<Decoded> decoded() {
    return decoded;
  }

  Optional<Integer> task() {
    return task;
  }

  /** The number of positions, padding included; those of the longer side of an encoder-decoder. */
  public int length() {
    return Math.max(ids.length, decoded.map(decoder -> decoder.ids().length).orElse(0));
  }

  /**
   * The number of labels to predict: those that are not ignored, and where the next token is
   * predicted from the second position on.
   */
  public int labelled() {
    int count = 0;
    for (int i = kind == Kind.NEXT ? 1 : 0; i < labels.length; i++) {
      count += labels[i] == IGNORED ? 0 : 1;
    }
    return count;
  }
}
