package org.peft4j.transformers.internal.tokenizer.check;

import java.util.List;
import org.peft4j.error.PeftException;

/** A part of a regular expression, as far as the work of a matcher that goes back is concerned. */
sealed interface ExpressionNode {
  /** Characters that it matches at least. */
  int shortest();

  /** Whether there is a text that it does not match at all. */
  boolean canFail();

  /**
   * The ways through it that the matcher may try.
   *
   * @param restCanFail whether what follows can fail; if not, the first way is the only one
   */
  Paths paths(boolean restCanFail);

  /** One character of a class. */
  record Character() implements ExpressionNode {
    @Override
    public int shortest() {
      return 1;
    }

    @Override
    public boolean canFail() {
      return true;
    }

    @Override
    public Paths paths(boolean restCanFail) {
      return Paths.ONE;
    }
  }

  /** A place: {@code ^}, {@code $}, a look ahead or behind. */
  record Place(Paths paths) implements ExpressionNode {
    @Override
    public int shortest() {
      return 0;
    }

    @Override
    public boolean canFail() {
      return true;
    }

    @Override
    public Paths paths(boolean restCanFail) {
      return paths;
    }
  }

  /** One after the other. */
  record Sequence(List<ExpressionNode> parts) implements ExpressionNode {
    @Override
    public int shortest() {
      return (int) Math.min(1_000_000, parts.stream().mapToLong(ExpressionNode::shortest).sum());
    }

    @Override
    public boolean canFail() {
      return parts.stream().anyMatch(ExpressionNode::canFail);
    }

    @Override
    public Paths paths(boolean restCanFail) {
      Paths result = Paths.ONE;
      boolean canFail = restCanFail;
      for (int i = parts.size() - 1; i >= 0; i--) {
        result = parts.get(i).paths(canFail).times(result);
        canFail |= parts.get(i).canFail();
      }
      return result;
    }
  }

  /** One or the other. Every way through one can fail at each of its parts. */
  record Choice(List<Sequence> branches) implements ExpressionNode {
    @Override
    public int shortest() {
      return branches.stream().mapToInt(Sequence::shortest).min().orElse(0);
    }

    @Override
    public boolean canFail() {
      return branches.stream().allMatch(Sequence::canFail);
    }

    @Override
    public Paths paths(boolean restCanFail) {
      if (branches.size() == 1) {
        return branches.get(0).paths(restCanFail);
      }
      Paths result = Paths.NONE;
      for (Sequence branch : branches) {
        result = result.plus(branch.paths(restCanFail).times(Math.max(1, branch.parts().size())));
      }
      return result;
    }
  }

  /**
   * Several times.
   *
   * @param most {@link Integer#MAX_VALUE} for no end
   */
  record Repetition(ExpressionNode part, int least, int most) implements ExpressionNode {
    private static final int MAX_COUNT = 1000;

    public Repetition {
      if (least > MAX_COUNT || most != Integer.MAX_VALUE && most > MAX_COUNT) {
        throw new PeftException("repeats more than " + MAX_COUNT + " times");
      }
      if (least > most) {
        throw new PeftException("repeats at least " + least + " and at most " + most + " times");
      }
      if (part.shortest() == 0) {
        throw new PeftException("repeats what can match nothing");
      }
    }

    @Override
    public int shortest() {
      return Math.min(1_000_000, part.shortest() * least);
    }

    @Override
    public boolean canFail() {
      return least > 0;
    }

    @Override
    public Paths paths(boolean restCanFail) {
      // Another repetition may follow, and fail.
      Paths once = part.paths(true);
      if (once.equals(Paths.ONE)) {
        return !restCanFail
            ? Paths.ONE
            : most == Integer.MAX_VALUE ? Paths.EACH : new Paths(most - least + 1, 0);
      }
      if (most == Integer.MAX_VALUE) {
        throw new PeftException("repeats alternatives without end");
      }
      Paths result = Paths.ONE;
      Paths power = Paths.ONE;
      for (int count = 1; count <= most; count++) {
        power = power.times(once);
        result = result.plus(power);
      }
      return result;
    }
  }

  /** A group that gives nothing back once it has matched. */
  record Atomic(ExpressionNode part) implements ExpressionNode {
    @Override
    public int shortest() {
      return part.shortest();
    }

    @Override
    public boolean canFail() {
      return part.canFail();
    }

    @Override
    public Paths paths(boolean restCanFail) {
      return part.paths(false);
    }
  }
}
