package org.peft4j.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.examples.tiny.TinyEncoder;

class ChatWalkthroughTest {
  @Test
  void theModelLearnsItsConversationsAndBecomesOneOfItsOwn() throws IOException {
    String printed = TinyEncoder.printed(() -> ChatWalkthrough.main(new String[0]));

    assertThat(printed).contains("27 conversations", "90 steps");
    String base = part(printed, "base", "trainable");
    assertThat(base).doesNotContain("Mina lives in ", "Gus likes ");
    assertThat(part(printed, "adapter", "merged")).contains("? Mina lives in ", "? Gus likes ");
    assertThat(part(printed, "merged", "Everything")).contains("? Mina lives in ", "? Gus likes ");
    Path folder = folder(printed);
    assertThat(IntStream.rangeClosed(1, 10).mapToObj(i -> folder.resolve("adapter-epoch-" + i)))
        .allMatch(each -> each.resolve("adapter_model.safetensors").toFile().isFile());
    assertThat(folder.resolve("merged/chat_template.jinja"))
        .hasSameTextualContentAs(folder.resolve("small-chat/chat_template.jinja"));
  }

  private static String part(String printed, String from, String to) {
    int begin = printed.indexOf("\n" + from);
    return printed.substring(begin, printed.indexOf("\n" + to, begin));
  }

  private static Path folder(String printed) {
    return Pattern.compile("Everything is in (.*)")
        .matcher(printed)
        .results()
        .map((MatchResult found) -> Path.of(found.group(1).strip()))
        .findFirst()
        .orElseThrow();
  }
}
