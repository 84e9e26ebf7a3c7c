package org.peft4j.train.data.task;

import java.util.List;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.picture.LabelValue;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * Rows of a classifier of sequences: {@code text}, in pairs {@code text_pair}, and {@code label}. A
 * class is a name or a number; several labels at once are a list of these, or of a share for each
 * label; a regression's label is a number, or a list with one for each output.
 */
final class SequenceRows implements RowEncoder {
  private final InputTokens tokens;
  private final LabelValues labels;

  SequenceRows(InputTokens tokens, TaskHead head) {
    this.tokens = tokens;
    this.labels = new LabelValues(head);
  }

  @Override
  public List<TokenSequence> encode(Row row) {
    String text = row.text("text");
    EncodedText encoded =
        tokens
            .of(
                row,
                () ->
                    row.has("text_pair")
                        ? TextInput.pair(text, row.text("text_pair"))
                        : TextInput.of(text))
            .get(0);
    return List.of(tokens.typed(labelled(row, encoded.ids()), encoded));
  }

  private TokenSequence labelled(Row row, int[] ids) {
    int[] mask = InputTokens.ones(ids.length);
    LabelValue label = labels.of(row);
    return label.number().isPresent()
        ? TokenSequence.classified(ids, label.number().getAsInt(), mask)
        : TokenSequence.numbered(ids, label.numbers(), mask);
  }
}
