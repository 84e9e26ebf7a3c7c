package org.peft4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The output of {@code peft --version}. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    Properties versions = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      versions.load(in);
    }
    return new String[] {
      "peft %s (Deeplearning4j %s, Java %s)"
          .formatted(
              versions.getProperty("peft"),
              versions.getProperty("deeplearning4j"),
              Runtime.version())
    };
  }
}
