package org.peft4j.examples.chat;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.PeftModel;
import org.peft4j.chat.ChatTemplate;
import org.peft4j.chat.Conversation;
import org.peft4j.chat.Message;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;

/**
 * A model that is asked in conversations.
 *
 * @param model the base
 * @param template that of its folder
 */
record ChatModel(CausalLanguageModel model, ChatTemplate template) implements AutoCloseable {
  private static final int LONGEST_ANSWER = 40;

  static ChatModel load(Path folder, TransformerOptions options) {
    CausalLanguageModel model = Transformers.load(folder, options);
    return new ChatModel(model, ChatTemplate.read(folder, model.tokenizer().specialTokens()));
  }

  /** The likeliest answer, of the base or of the adapters that were put on it. */
  String answer(String question) {
    String prompt = template.render(Conversation.of(Message.user(question)), true);
    // The template has the special tokens.
    int[] ids = model.tokenizer().encode(prompt, false);
    GenerationConfig config =
        GenerationConfig.builder()
            .maxNewTokens(LONGEST_ANSWER)
            .eosTokenIds(model.tokenizer().endOfText())
            .build();
    Generator generator =
        Generator.of(model, model.adapters().map(PeftModel::network).orElseGet(model::graph));
    List<Integer> answer = generator.generate(List.of(ids), config).rows().get(0).tokens();
    return model.tokenizer().decode(answer.stream().mapToInt(id -> id).toArray(), true).strip();
  }

  @Override
  public void close() {
    model.close();
  }
}
