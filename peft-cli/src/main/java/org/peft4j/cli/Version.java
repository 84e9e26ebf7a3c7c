package org.peft4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The output of {@code peft --version}, which picocli asks for each subcommand: read once. */
final class Version implements IVersionProvider {
  private static final String TEXT = read();

  @Override
  public String[] getVersion() {
    return new String[] {TEXT};
  }

  private static String read() {
    Properties versions = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      versions.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "peft %s (Deeplearning4j %s, Java %s)"
        .formatted(
            versions.getProperty("peft"),
            versions.getProperty("deeplearning4j"),
            Runtime.version());
  }
}
