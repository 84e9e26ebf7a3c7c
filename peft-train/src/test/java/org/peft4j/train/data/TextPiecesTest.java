package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Pieces are cut behind a line, else behind a space, else anywhere but inside a character. */
class TextPiecesTest {
  @Test
  void aShortTextIsOnePiece() {
    assertThat(TextPieces.of("ab\ncd", 5)).containsExactly("ab\ncd");
  }

  @Test
  void piecesEndWithALine() {
    assertThat(TextPieces.of("ab c\nd\nef g", 8)).containsExactly("ab c\nd\n", "ef g");
  }

  @Test
  void withoutALineTheyEndWithASpace() {
    assertThat(TextPieces.of("ab cd ef", 7)).containsExactly("ab cd ", "ef");
  }

  @Test
  void withoutASpaceTheyEndAnywhereButInsideACharacter() {
    assertThat(TextPieces.of("abcd", 3)).containsExactly("abc", "d");
    assertThat(TextPieces.of("ab\ud83d\ude00d", 3)).containsExactly("ab", "\ud83d\ude00d");
  }
}
