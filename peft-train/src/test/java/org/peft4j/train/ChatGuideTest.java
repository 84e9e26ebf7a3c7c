package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.chat.ChatTemplate;
import org.peft4j.chat.Conversation;
import org.peft4j.chat.Message;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.chat.SupervisedData;
import org.peft4j.train.data.chat.SupervisedOptions;
import org.peft4j.train.data.chat.TrainOn;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** The code in docs/chat.md. */
class ChatGuideTest {
  private static final Path MODEL =
      Path.of("../peft-transformers/src/test/resources/golden/predictions/llama_text");
  private static final Path TEMPLATE =
      Path.of("../peft-chat/src/test/resources/chat/templates/chatml.jinja");

  private final Path folder;

  ChatGuideTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void makeAChatModel() throws IOException {
    try (Stream<Path> files = Files.list(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.copy(TEMPLATE, folder.resolve("chat_template.jinja"));
  }

  @Test
  void aConversationIsAnswered() {
    Tokenizer tokenizer = Tokenizer.load(folder);
    ChatTemplate template = ChatTemplate.read(folder, tokenizer.specialTokens());
    Conversation conversation =
        Conversation.of(Message.system("Be brief."), Message.user("Who had a cat?"));
    String prompt = template.render(conversation, true);

    CausalLanguageModel model = Transformers.load(folder);
    GenerationConfig config =
        GenerationConfig.builder().maxNewTokens(8).eosTokenIds(tokenizer.endOfText()).build();
    int[] ids = tokenizer.encode(prompt, false);
    Generator generator = Generator.of(model, model.graph());
    List<Integer> answer = generator.generate(List.of(ids), config).rows().get(0).tokens();
    String text = tokenizer.decode(answer.stream().mapToInt(id -> id).toArray(), true);

    assertThat(prompt)
        .isEqualTo(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWho had a cat?<|im_end|>\n"
                + "<|im_start|>assistant\n");
    assertThat(tokenizer.decode(ids, false)).isEqualTo(prompt);
    assertThat(text).isNotEmpty();
    model.close();
    tokenizer.close();
  }

  @Test
  void conversationsAreRead() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("chats.jsonl"),
            "{\"messages\": [{\"role\": \"user\", \"content\": \"Who had a cat?\"},"
                + " {\"role\": \"assistant\", \"content\": \"The king's son.\"}]}");

    SupervisedOptions choices =
        new SupervisedOptions(Optional.empty(), Optional.of(TrainOn.ASSISTANT), false);
    SupervisedData rows =
        DataFiles.of(folder).withSupervised(choices).withSequenceLength(256).readSupervised(file);
    TrainingData training = rows.data();

    assertThat(rows.counts()).isEqualTo(new SupervisedData.Counts(1, 55, 10, 0, 0));
    assertThat(training.labelled()).isEqualTo(10);
  }
}
