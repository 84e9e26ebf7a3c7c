package org.peft4j.transformers.internal.input;

import org.peft4j.error.PeftException;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.internal.model.Modules;

/** Learnt embeddings of positions. */
record LearntPositions(PositionPart part, EmbeddingModule table) {
  static LearntPositions of(PositionPart part, Modules modules) {
    return new LearntPositions(part, modules.embedding(part.table()));
  }

  /**
   * The row of the table for each token, virtual ones included.
   *
   * @throws PeftException if a sequence is longer than the table
   */
  int[] rows(Tokens tokens) {
    int length = tokens.prefix() + tokens.longest();
    if (length > part.positions()) {
      throw new PeftException(
          "Position "
              + (length - 1)
              + " is beyond this model's "
              + part.positions()
              + " position embeddings, virtual tokens included; shorten the text.");
    }
    boolean all = part.paddingId().isPresent() && tokens.virtualTokens() > 0;
    return part.counted() && !all ? counted(tokens) : uncounted(tokens);
  }

  private int[] uncounted(Tokens tokens) {
    int[] some = tokens.positions();
    int[] rows = new int[(int) tokens.extent().rows()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = part.offset() + tokens.prefix() + some[i % some.length];
    }
    return rows;
  }

  /** Numbers the real tokens from 0 on; padding has the number −1. */
  private int[] counted(Tokens tokens) {
    int time = (int) tokens.extent().time();
    int own = tokens.time();
    int[] rows = new int[(int) tokens.extent().rows()];
    for (int row = 0; row < tokens.extent().batch(); row++) {
      int hidden = tokens.padding(row);
      int next = tokens.prefix() + Math.max(0, tokens.past() - hidden);
      for (int i = 0; i < time; i++) {
        int token = tokens.token(row, i);
        if (tokens.begins(row, i)) {
          next = tokens.prefix();
        }
        boolean shown = tokens.past() + i >= hidden;
        if (part.paddingId().isPresent()) {
          shown &= tokens.ids()[row * own + token] != part.paddingId().getAsInt();
        } else if (tokens.mask() != null && token >= 0) {
          shown = tokens.mask()[row * own + token] != 0;
        }
        rows[row * time + i] = part.offset() + (shown ? next++ : -1);
      }
    }
    return rows;
  }
}
