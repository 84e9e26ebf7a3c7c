package org.peft4j.cli.options;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;
import org.peft4j.train.data.chat.SupervisedOptions;
import org.peft4j.train.data.chat.TrainOn;
import picocli.CommandLine.Option;

/** What is learned of rows of causal language models. */
public final class SupervisedChoice {
  private static final String TEMPLATE = "chat_template.jinja";

  /** A side of a text. */
  public enum Side {
    LEFT,
    RIGHT
  }

  @Option(
      names = "--train-on",
      paramLabel = "PART",
      description =
          "What is learned of rows of a causal-lm: completion, assistant (its turns in a"
              + " conversation) or all (default: the completion where there is one, otherwise all).")
  Optional<TrainOn> trainOn = Optional.empty();

  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description = "A chat template, in jinja, in place of the model's own.")
  Optional<Path> chatTemplate = Optional.empty();

  @Option(
      names = "--truncation-side",
      paramLabel = "SIDE",
      description =
          "Where rows of a causal-lm that are too long are cut: right or left (default: right).")
  Optional<Side> truncationSide = Optional.empty();

  /** Whether an option is given. */
  boolean isGiven() {
    return truncationSide.isPresent() || trainOn.isPresent() || chatTemplate.isPresent();
  }

  /** The options, for what reads rows. */
  public SupervisedOptions options() {
    return new SupervisedOptions(
        chatTemplate, trainOn, truncationSide.equals(Optional.of(Side.LEFT)));
  }

  /** Puts a template that was given beside an adapter, where answers find it again. */
  public void saveTemplate(Path adapter) {
    chatTemplate.ifPresent(
        file -> {
          try {
            byte[] bytes = Files.readAllBytes(file);
            AtomicFile.write(
                adapter.resolve(TEMPLATE),
                channel -> {
                  for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
                    channel.write(rest);
                  }
                });
          } catch (IOException e) {
            throw new PeftException("Cannot read the chat template " + file + ": " + e, e);
          }
        });
  }
}
