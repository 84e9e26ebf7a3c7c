package org.peft4j.train.data.chat;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.chat.Conversation;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.Table;

/** Reads conversations to be answered. */
public final class Conversations {
  private Conversations() {}

  /**
   * The conversations of a file: {@code messages}, with {@code tools} and {@code
   * chat_template_kwargs} where a row has them.
   *
   * @throws PeftException if the file is broken or empty, or a row has no messages, with its place
   */
  public static List<Conversation> read(Table table) {
    List<Conversation> conversations = new ArrayList<>();
    table.forEach(row -> conversations.add(ConversationRows.conversation(row)));
    return conversations;
  }
}
