package org.peft4j.train.data.chat;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.chat.ChatTemplate;
import org.peft4j.chat.Conversation;
import org.peft4j.chat.Message;
import org.peft4j.chat.RenderedChat;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * What the assistant says in a conversation: the {@code generation} blocks of the template. Where
 * it has none, a turn begins where the conversation before it, with the prompt for an answer, ends,
 * and ends where the conversation up to it does; white space that the template writes behind the
 * turn's last special token is not part of it.
 */
final class AssistantTurns {
  private final ChatTemplate template;
  private final Tokenizer tokenizer;

  AssistantTurns(ChatTemplate template, Tokenizer tokenizer) {
    this.template = template;
    this.tokenizer = tokenizer;
  }

  /**
   * Which tokens of a rendered conversation the assistant says.
   *
   * @throws PeftException if the turns cannot be found
   */
  boolean[] of(Conversation conversation, RenderedChat rendered, ChatTokens tokens) {
    boolean[] said = tokens.none();
    if (!rendered.generated().isEmpty()) {
      rendered.generated().forEach(part -> tokens.mark(said, part.begin(), part.end()));
      return said;
    }
    for (RenderedChat.Span turn : turns(conversation, rendered.text())) {
      boolean[] own = tokens.none();
      tokens.mark(own, turn.begin(), turn.end());
      withoutSpaceAtEnd(own, tokens);
      for (int i = 0; i < said.length; i++) {
        said[i] |= own[i];
      }
    }
    return said;
  }

  private List<RenderedChat.Span> turns(Conversation conversation, String text) {
    List<RenderedChat.Span> turns = new ArrayList<>();
    List<Message> messages = conversation.messages();
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).role().equals("assistant")) {
        String before = i == 0 ? "" : prefix(conversation, i, true, text);
        String whole = prefix(conversation, i + 1, false, text);
        turns.add(new RenderedChat.Span(before.length(), whole.length()));
      }
    }
    return turns;
  }

  private String prefix(Conversation conversation, int count, boolean prompt, String text) {
    Conversation part = conversation.withMessages(conversation.messages().subList(0, count));
    String prefix = template.render(part, prompt);
    if (!text.startsWith(prefix)) {
      throw new PeftException(
          "the chat template writes the first "
              + count
              + " messages in another way when more follow, so that the assistant's turns cannot be"
              + " found. Mark them in the template with {% generation %} … {% endgeneration %}, and"
              + " give it with --chat-template FILE");
    }
    return prefix;
  }

  private void withoutSpaceAtEnd(boolean[] own, ChatTokens tokens) {
    int last = own.length - 1;
    while (last >= 0 && !own[last]) {
      last--;
    }
    int end = last;
    while (end >= 0 && own[end] && isSpace(tokens.ids()[end])) {
      end--;
    }
    if (end >= 0 && own[end] && isSpecial(tokens.ids()[end])) {
      for (int i = end + 1; i <= last; i++) {
        own[i] = false;
      }
    }
  }

  private boolean isSpace(int id) {
    String text = tokenizer.decode(new int[] {id}, false);
    return text.isBlank() && !isSpecial(id);
  }

  private boolean isSpecial(int id) {
    int[] ids = {id};
    return tokenizer.decode(ids, true).isEmpty() && !tokenizer.decode(ids, false).isEmpty();
  }

  /** Labels of the tokens that are learned. */
  static int[] labels(int[] ids, boolean[] learned) {
    int[] labels = ids.clone();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = learned[i] ? labels[i] : TokenSequence.IGNORED;
    }
    return labels;
  }
}
