package org.peft4j.internal.pattern;

import java.util.ArrayList;
import java.util.List;

/**
 * A regular expression as a list of instructions. Counted repetitions are written out, so that
 * where a match stands is an instruction and a place in the text, and nothing else.
 */
final class Program {
  private static final int MAX_SIZE = 20_000;

  private final List<Instruction> code;

  private Program(List<Instruction> code) {
    this.code = code;
  }

  /**
   * The program of {@code node}.
   *
   * @throws PatternError if it would be too long
   */
  static Program of(Node node) {
    return of(node, new int[] {MAX_SIZE});
  }

  private static Program of(Node node, int[] left) {
    Writer writer = new Writer(left);
    writer.write(node);
    writer.add(new Instruction.Accept());
    return new Program(writer.code);
  }

  int size() {
    return code.size();
  }

  Instruction at(int index) {
    return code.get(index);
  }

  private static final class Writer {
    private final List<Instruction> code = new ArrayList<>();
    private final int[] left;

    /**
     * @param left how many instructions the whole expression may still have
     */
    Writer(int[] left) {
      this.left = left;
    }

    private int add(Instruction instruction) {
      if (--left[0] < 0) {
        throw new PatternError(
            "repetitions that come to more than " + MAX_SIZE + " steps when written out");
      }
      code.add(instruction);
      return code.size() - 1;
    }

    /** Adds a place for an instruction that depends on what follows. */
    private int reserve() {
      return add(new Instruction.Jump(0));
    }

    private void write(Node node) {
      if (node instanceof Node.Chars chars) {
        add(new Instruction.Take(chars.set()));
      } else if (node instanceof Node.Sequence sequence) {
        sequence.parts().forEach(this::write);
      } else if (node instanceof Node.Choice choice) {
        write(choice);
      } else if (node instanceof Node.Repeat repeat) {
        write(repeat);
      } else if (node instanceof Node.Group group) {
        add(new Instruction.Mark(2 * group.number()));
        write(group.body());
        add(new Instruction.Mark(2 * group.number() + 1));
      } else if (node instanceof Node.Atomic atomic) {
        add(new Instruction.TakeFirst(of(atomic.body(), left)));
      } else if (node instanceof Node.Look look) {
        add(new Instruction.Look(of(look.body(), left), look.back(), look.wanted()));
      } else if (node instanceof Node.Edge edge) {
        add(new Instruction.Check(edge.kind()));
      }
    }

    private void write(Node.Choice choice) {
      List<Integer> exits = new ArrayList<>();
      int last = choice.alternatives().size() - 1;
      for (int i = 0; i < last; i++) {
        int split = reserve();
        write(choice.alternatives().get(i));
        exits.add(reserve());
        code.set(split, new Instruction.Split(split + 1, code.size()));
      }
      write(choice.alternatives().get(last));
      exits.forEach(exit -> code.set(exit, new Instruction.Jump(code.size())));
    }

    private void write(Node.Repeat repeat) {
      for (int i = 0; i < repeat.min(); i++) {
        copy(repeat.body());
      }
      if (repeat.max() == Node.Repeat.ENDLESS) {
        int split = reserve();
        write(repeat.body());
        add(new Instruction.Jump(split));
        code.set(split, split(repeat, split + 1, code.size()));
        return;
      }
      List<Integer> splits = new ArrayList<>();
      for (int i = repeat.min(); i < repeat.max(); i++) {
        splits.add(reserve());
        write(repeat.body());
      }
      splits.forEach(split -> code.set(split, split(repeat, split + 1, code.size())));
    }

    /** A copy has at least one instruction, so that their number bounds that of the copies. */
    private void copy(Node body) {
      int begin = code.size();
      write(body);
      if (code.size() == begin) {
        add(new Instruction.Jump(begin + 1));
      }
    }

    private static Instruction split(Node.Repeat repeat, int body, int after) {
      return repeat.greedy()
          ? new Instruction.Split(body, after)
          : new Instruction.Split(after, body);
    }
  }
}
