package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.peft4j.internal.AtomicFile;

/** Objects, one a line. */
final class JsonLinesOutput {
  private JsonLinesOutput() {}

  /** Prints each as it comes. */
  static Consumer<ObjectNode> to(PrintWriter out) {
    return object -> out.println(object.toString());
  }

  /** Writes a file, which is replaced as a whole or left as it is. */
  static void write(Path file, Consumer<Consumer<ObjectNode>> results) {
    AtomicFile.write(
        file,
        channel -> {
          Writer writer = Channels.newWriter(channel, StandardCharsets.UTF_8);
          try {
            results.accept(object -> line(writer, object));
          } catch (UncheckedIOException e) {
            throw e.getCause();
          }
          writer.flush(); // The channel is closed elsewhere.
        });
  }

  private static void line(Writer writer, ObjectNode object) {
    try {
      writer.write(object + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
