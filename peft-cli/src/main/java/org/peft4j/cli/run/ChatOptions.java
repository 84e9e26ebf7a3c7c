package org.peft4j.cli.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.chat.ChatTemplate;
import org.peft4j.chat.Conversation;
import org.peft4j.chat.Message;
import org.peft4j.train.data.chat.Conversations;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.tokenizer.Tokenizer;
import picocli.CommandLine.Option;

/** The options of commands that write prompts by the model's chat template. */
final class ChatOptions {
  @Option(
      names = "--chat",
      description =
          "Give each prompt to the model as what a user says, by its chat template; print the answer"
              + " alone.")
  boolean chat;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "What the model is told to be before the user speaks; implies --chat.")
  Optional<String> system = Optional.empty();

  @Option(
      names = "--messages",
      paramLabel = "FILE",
      description =
          "Conversations to answer in place of prompts: rows of .jsonl or .json with messages, and"
              + " tools if there are any; implies --chat.")
  Optional<Path> messages = Optional.empty();

  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description = "A chat template, in jinja, in place of the model's own; implies --chat.")
  Optional<Path> template = Optional.empty();

  boolean isWanted() {
    return chat || system.isPresent() || messages.isPresent() || template.isPresent();
  }

  /** What the options say twice, if anything. */
  Optional<String> contradiction(List<String> prompts) {
    if (prompts.isEmpty() && messages.isEmpty()) {
      return Optional.of("give --prompt TEXT, or --messages FILE");
    }
    if (messages.isEmpty()) {
      return Optional.empty();
    }
    return prompts.isEmpty() && system.isEmpty()
        ? Optional.empty()
        : Optional.of("--messages has the whole conversation; leave --prompt and --system out");
  }

  /**
   * The text of each conversation, with what begins an answer.
   *
   * @param folders of the adapters and the model: the first that has a template says how to write
   */
  List<String> texts(List<String> prompts, List<Path> folders, Tokenizer tokenizer) {
    ChatTemplate chosen =
        template
            .map(file -> ChatTemplate.readFile(file, tokenizer.specialTokens()))
            .orElseGet(() -> find(folders, tokenizer.specialTokens()));
    List<Conversation> conversations =
        messages
            .map(file -> Conversations.read(Table.of(file)))
            .orElseGet(() -> prompts.stream().map(this::asked).toList());
    return conversations.stream().map(each -> chosen.render(each, true)).toList();
  }

  private static ChatTemplate find(List<Path> folders, Map<String, String> tokens) {
    return folders.stream()
        .flatMap(folder -> ChatTemplate.find(folder, tokens).stream())
        .findFirst()
        .orElseGet(() -> ChatTemplate.read(folders.get(folders.size() - 1), tokens));
  }

  private Conversation asked(String prompt) {
    List<Message> said = new ArrayList<>();
    system.ifPresent(text -> said.add(Message.system(text)));
    said.add(Message.user(prompt));
    return Conversation.of(said);
  }
}
