package org.peft4j.cli.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.peft4j.internal.AtomicFile;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;

/** Writes the options of a run after its first step: what fails before leaves nothing behind. */
final class OptionsFile implements TrainingListener {
  private final Path file;
  private final String options;
  private boolean written;

  OptionsFile(Path file, String options) {
    this.file = file;
    this.options = options;
  }

  @Override
  public void onStep(StepMetrics metrics) {
    if (!written) {
      AtomicFile.write(file, this::write);
      written = true;
    }
  }

  private void write(FileChannel channel) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(options);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
