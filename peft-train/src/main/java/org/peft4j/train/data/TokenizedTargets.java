package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.ProblemType;

/**
 * The labels of a file of tokens: of the kind that the head of a model predicts, or without a model
 * of the kind that the tensors' names, types and shapes show.
 */
enum TokenizedTargets {
  /** {@code labels} [rows, time], token ids; every token if there are none. */
  NEXT_TOKENS,
  /** {@code labels} [rows, time], classes. */
  TAGS,
  /** {@code labels} [rows], classes. */
  CLASSES,
  /** {@code labels} [rows, outputs], or [rows] for one output. */
  NUMBERS,
  /** {@code start_positions} and {@code end_positions} [rows]. */
  ANSWERS;

  static final String LABELS = "labels";
  private static final String STARTS = "start_positions";
  private static final String ENDS = "end_positions";

  /** The kind of labels of a model of one stack. */
  static TokenizedTargets of(TokenizedRows rows, Optional<HeadPart> head) {
    return head.map(part -> of(rows, part)).orElseGet(() -> shown(rows));
  }

  private static TokenizedTargets of(TokenizedRows rows, HeadPart head) {
    if (head instanceof HeadPart.Features) {
      throw rows.problem(
          "a file of tokens has no labels for the task FEATURE_EXTRACTION, which learns from pairs"
              + " or triplets of texts. Give rows of texts, such as .jsonl.");
    }
    if (head instanceof HeadPart.Sequence sequence) {
      return sequence.problem() == ProblemType.SINGLE_LABEL_CLASSIFICATION ? CLASSES : NUMBERS;
    }
    if (head instanceof HeadPart.Tokens) {
      return TAGS;
    }
    return head instanceof HeadPart.Span ? ANSWERS : NEXT_TOKENS;
  }

  private static TokenizedTargets shown(TokenizedRows rows) {
    if (rows.has(STARTS) || rows.has(ENDS)) {
      return ANSWERS;
    }
    if (!rows.has(LABELS)) {
      return NEXT_TOKENS;
    }
    if (rows.isFloating(LABELS)) {
      return NUMBERS;
    }
    return rows.shape(LABELS).equals(rows.ofRows()) ? CLASSES : NEXT_TOKENS;
  }

  /** The tensors that such labels are in. */
  List<String> names() {
    return this == ANSWERS ? List.of(STARTS, ENDS) : List.of(LABELS);
  }

  /**
   * Fails if labels are missing that must be there, or have another shape.
   *
   * @param outputs of the model, if it is known
   */
  void require(TokenizedRows rows, Optional<Integer> outputs) {
    for (String name : names()) {
      if (this != NEXT_TOKENS && !rows.has(name)) {
        throw rows.problem("there is no " + name + "; needed: " + needed() + ".");
      }
    }
    List<Long> all = rows.ofRows();
    switch (this) {
      case NEXT_TOKENS, TAGS ->
          rows.requireShape(LABELS, rows.shape(TokenizedRows.IDS), TokenizedRows.IDS);
      case CLASSES -> {
        if (!rows.shape(LABELS).equals(List.of(all.get(0), 1L))) {
          rows.requireShape(LABELS, all, TokenizedRows.IDS);
        }
      }
      case ANSWERS -> names().forEach(name -> rows.requireShape(name, all, TokenizedRows.IDS));
      case NUMBERS -> {
        List<Long> shape = rows.shape(LABELS);
        boolean fits =
            shape.size() == 2 && shape.get(0) == rows.count() && shape.get(1) > 0
                || shape.equals(all);
        int own = shape.size() == 2 ? Math.toIntExact(shape.get(1)) : 1;
        if (!fits || outputs.orElse(own) != own) {
          throw rows.problem(
              "%s has the shape %s; needed: [%d, %s], a number for each output of the model."
                  .formatted(
                      LABELS, shape, rows.count(), outputs.map(String::valueOf).orElse("outputs")));
        }
      }
    }
  }

  private String needed() {
    return switch (this) {
      case NEXT_TOKENS, TAGS -> LABELS + " [rows, time], a class for each token";
      case CLASSES -> LABELS + " [rows], a class for each sequence";
      case NUMBERS -> LABELS + " [rows, outputs], or [rows] for one output";
      case ANSWERS -> STARTS + " and " + ENDS + " [rows], the first and last token of an answer";
    };
  }

  /** A row with its labels. */
  TokenSequence sequence(
      TokenizedRows rows, int row, int[] ids, int[] mask, Optional<HeadPart> head) {
    int most = classes(head) - 1;
    return switch (this) {
      case NEXT_TOKENS -> TokenSequence.of(ids, next(rows, row, ids, mask), mask);
      case TAGS ->
          TokenSequence.tagged(
              ids, rows.values(LABELS, row, ids.length, TokenSequence.IGNORED, most), mask);
      case CLASSES ->
          TokenSequence.classified(
              ids, rows.values(LABELS, row, 1, TokenSequence.IGNORED, most)[0], mask);
      case NUMBERS -> {
        List<Long> shape = rows.shape(LABELS);
        int size = shape.size() == 1 ? 1 : Math.toIntExact(shape.get(1));
        float[] numbers = rows.numbers(LABELS, row, size);
        if (several(head)) {
          requireShares(rows, row, numbers);
        }
        yield TokenSequence.numbered(ids, numbers, mask);
      }
      case ANSWERS ->
          TokenSequence.answered(ids, position(rows, STARTS, row), position(rows, ENDS, row), mask);
    };
  }

  private static boolean several(Optional<HeadPart> head) {
    return head.filter(HeadPart.Sequence.class::isInstance)
        .map(part -> ((HeadPart.Sequence) part).problem())
        .filter(ProblemType.MULTI_LABEL_CLASSIFICATION::equals)
        .isPresent();
  }

  private static void requireShares(TokenizedRows rows, int row, float[] numbers) {
    for (float number : numbers) {
      if (!(number >= 0 && number <= 1)) {
        throw rows.problem(
            "%s holds %s in row %d; allowed: 0 to 1 for each of several labels."
                .formatted(LABELS, number, row));
      }
    }
  }

  /** The classes of a head that has some; otherwise any number is one. */
  private static int classes(Optional<HeadPart> head) {
    return head.flatMap(HeadPart::labels).map(labels -> labels.size()).orElse(Integer.MAX_VALUE);
  }

  private static int[] next(TokenizedRows rows, int row, int[] ids, int[] mask) {
    if (rows.has(LABELS)) {
      return rows.values(LABELS, row, ids.length, TokenSequence.IGNORED, Integer.MAX_VALUE);
    }
    int[] labels = Arrays.copyOf(ids, ids.length);
    for (int i = 0; i < labels.length; i++) {
      boolean predictable = mask[i] == 1 && (i == 0 || mask[i - 1] == 1);
      labels[i] = predictable ? ids[i] : TokenSequence.IGNORED;
    }
    return labels;
  }

  private static int position(TokenizedRows rows, String name, int row) {
    return rows.values(name, row, 1, TokenSequence.IGNORED, Integer.MAX_VALUE)[0];
  }
}
