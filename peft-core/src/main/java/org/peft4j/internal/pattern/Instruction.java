package org.peft4j.internal.pattern;

import java.util.function.IntPredicate;

/** One step of a {@link Program}. Unless it says otherwise, the next one follows. */
sealed interface Instruction {
  /** Takes a code point of a set, or fails. */
  record Take(IntPredicate set) implements Instruction {}

  /** Continues at {@code first}; if that fails, at {@code second}. */
  record Split(int first, int second) implements Instruction {}

  /** Continues at {@code target}. */
  record Jump(int target) implements Instruction {}

  /** Notes the place as the beginning or the end of a group. */
  record Mark(int slot) implements Instruction {}

  /** Fails unless the place is of a kind. */
  record Check(EdgeKind edge) implements Instruction {}

  /** Fails unless the text from {@code back} code points ago begins with a match, or with none. */
  record Look(Program body, int back, boolean wanted) implements Instruction {}

  /** Takes the first match of a program, and tries no other. */
  record TakeFirst(Program body) implements Instruction {}

  /** The end of the program: a match. */
  record Accept() implements Instruction {}
}
