package org.peft4j.train.data;

import java.util.Arrays;

/** What a model is to predict of a sequence. */
sealed interface Target {
  /** The label of a token that is not predicted, as in PyTorch. */
  int IGNORED = -100;

  /** How many predictions the loss of the sequence is the mean of; 0 if it has no label. */
  int predictions();

  /** The labels that are whole numbers, as a row of a batch; none for {@link Numbers}. */
  default int[] labels() {
    return new int[0];
  }

  /** The labels that are any numbers, as a row of a batch; none but for {@link Numbers}. */
  default float[] numbers() {
    return new float[0];
  }

  /** What the labels are of, for messages. */
  String kind();

  /** Whether each token has a label. */
  default boolean ofTokens() {
    return false;
  }

  private static int labelled(int[] labels, int from) {
    return (int) Arrays.stream(labels).skip(from).filter(label -> label != IGNORED).count();
  }

  /**
   * The output at t predicts the label at t + 1.
   *
   * @param labels token ids, one for each token
   */
  record NextTokens(int[] labels) implements Target {
    @Override
    public int predictions() {
      return labelled(labels, 1);
    }

    @Override
    public String kind() {
      return "the next tokens";
    }

    @Override
    public boolean ofTokens() {
      return true;
    }
  }

  /**
   * The output at t predicts the label at t.
   *
   * @param labels classes, one for each token; or token ids, one for each of a decoder's tokens
   */
  record TokenLabels(int[] labels) implements Target {
    @Override
    public int predictions() {
      return labelled(labels, 0);
    }

    @Override
    public String kind() {
      return "labels of their tokens";
    }

    @Override
    public boolean ofTokens() {
      return true;
    }
  }

  /** The class of the sequence. */
  record Label(int number) implements Target {
    @Override
    public int predictions() {
      return number == IGNORED ? 0 : 1;
    }

    @Override
    public int[] labels() {
      return new int[] {number};
    }

    @Override
    public String kind() {
      return "a class";
    }
  }

  /** Several labels at once, each 0 to 1, or the numbers that a regression predicts. */
  record Numbers(float[] numbers) implements Target {
    @Override
    public int predictions() {
      return 1;
    }

    @Override
    public String kind() {
      return numbers.length == 1 ? "a number" : numbers.length + " numbers";
    }
  }

  /**
   * The tokens that an answer begins and ends with.
   *
   * @param end of its last token
   */
  record Span(int start, int end) implements Target {
    @Override
    public int predictions() {
      return start == IGNORED && end == IGNORED ? 0 : 1;
    }

    @Override
    public int[] labels() {
      return new int[] {start, end};
    }

    @Override
    public String kind() {
      return "an answer";
    }
  }

  /** Nothing: a text whose vector is compared with those of others. */
  record None() implements Target {
    @Override
    public int predictions() {
      return 0;
    }

    @Override
    public String kind() {
      return "no label";
    }
  }
}
