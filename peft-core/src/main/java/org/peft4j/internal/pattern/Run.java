package org.peft4j.internal.pattern;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;

/** One run of a program over a text: the first match in the order of the alternatives. */
final class Run {
  /** A place to go on from after a failure, or a mark to restore on the way back. */
  private record Resume(int instruction, int at, boolean restores) {}

  private final Program program;
  private final int[] text;
  private final int[] budget;
  private final int[] marks;
  private final BitSet tried = new BitSet();
  private final Deque<Resume> later = new ArrayDeque<>();

  /**
   * @param budget how many steps are left, shared with the runs within this one
   * @param marks the beginnings and ends of groups; those of other numbers are not noted
   */
  Run(Program program, int[] text, int[] budget, int[] marks) {
    this.program = program;
    this.text = text;
    this.budget = budget;
    this.marks = marks;
  }

  /**
   * The end of the first match that begins at {@code start}, or -1.
   *
   * @param end where it must end, or -1 for anywhere
   */
  int from(int start, int end) {
    later.push(new Resume(0, start, false));
    while (!later.isEmpty()) {
      Resume resume = later.pop();
      if (resume.restores()) {
        marks[resume.instruction()] = resume.at();
        continue;
      }
      int found = follow(resume.instruction(), resume.at(), end);
      if (found >= 0) {
        return found;
      }
    }
    return -1;
  }

  /** Goes on until a failure, which is -1, or the end of a match. */
  private int follow(int begin, int place, int end) {
    int next = begin;
    int at = place;
    while (at >= 0 && first(next, at)) {
      Instruction step = program.at(next++);
      if (step instanceof Instruction.Accept) {
        return end < 0 || at == end ? at : -1;
      } else if (step instanceof Instruction.Take take) {
        at = at < text.length && take.set().test(text[at]) ? at + 1 : -1;
      } else if (step instanceof Instruction.Jump jump) {
        next = jump.target();
      } else if (step instanceof Instruction.Split split) {
        later.push(new Resume(split.second(), at, false));
        next = split.first();
      } else if (step instanceof Instruction.Mark mark) {
        note(mark.slot(), at);
      } else if (step instanceof Instruction.Check check) {
        at = check.edge().holds(text, at) ? at : -1;
      } else if (step instanceof Instruction.TakeFirst first) {
        at = within(first.body()).from(at, -1);
      } else if (step instanceof Instruction.Look look) {
        at = holds(look, at) ? at : -1;
      }
    }
    return -1;
  }

  private boolean holds(Instruction.Look look, int at) {
    boolean found = at >= look.back() && within(look.body()).from(at - look.back(), -1) >= 0;
    return found == look.wanted();
  }

  private Run within(Program body) {
    return new Run(body, text, budget, marks);
  }

  private void note(int slot, int at) {
    if (slot < marks.length) {
      later.push(new Resume(slot, marks[slot], true));
      marks[slot] = at;
    }
  }

  /** Whether this is the first time here: what failed once fails again. */
  private boolean first(int instruction, int at) {
    if (--budget[0] < 0) {
      throw new PatternError("more to try than a match may take");
    }
    int index = at * program.size() + instruction;
    if (tried.get(index)) {
      return false;
    }
    tried.set(index);
    return true;
  }
}
