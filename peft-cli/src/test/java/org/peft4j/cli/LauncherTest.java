package org.peft4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code peft}, with a Java that says what it is given. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class LauncherTest {
  private static final Path SCRIPT =
      Path.of(System.getProperty("basedir", ".")).resolve("../peft").normalize();

  private final Path home;
  private final Path target;
  private final Path java;

  LauncherTest(@TempDir Path home) {
    this.home = home;
    this.target = home.resolve("peft-cli/target");
    this.java = home.resolve("java");
  }

  @BeforeEach
  void script() throws IOException {
    Files.copy(SCRIPT, home.resolve("peft"));
    Files.createDirectories(target.resolve("lib"));
    Path command = Files.createDirectories(java.resolve("bin")).resolve("java");
    Files.writeString(command, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    assertThat(command.toFile().setExecutable(true)).isTrue();
    Files.writeString(java.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
  }

  private void jar(String name, int age) throws IOException {
    Path jar = Files.createFile(target.resolve(name));
    Files.setLastModifiedTime(jar, FileTime.fromMillis(1_700_000_000_000L - 60_000L * age));
  }

  private List<String> run(int status, String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("sh", home.resolve("peft").toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().put("JAVA_HOME", java.toString());
    builder.environment().remove("PEFT_JAVA_OPTS");
    Process process = builder.redirectErrorStream(true).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    assertThat(process.waitFor()).as(lines.toString()).isEqualTo(status);
    return lines;
  }

  private String classPath() throws Exception {
    List<String> given = run(0, "plan", "a model");
    assertThat(given).endsWith("org.peft4j.cli.Main", "plan", "a model");
    return given.get(given.indexOf("-cp") + 1);
  }

  @Test
  void theJarOfTheCommandRunsAndNotTheOnesThatAreForOthers() throws Exception {
    jar("peft-cli-0.1.jar", 5);
    for (String others : List.of("spark", "sources", "javadoc", "tests")) {
      jar("peft-cli-0.1-" + others + ".jar", 0);
    }

    assertThat(classPath()).isEqualTo(target + "/peft-cli-0.1.jar:" + target + "/lib/*");
  }

  @Test
  void parsedClassesOfTheSameJavaAreUsedAndNotThoseOfAnother() throws Exception {
    jar("peft-cli-0.1.jar", 0);
    Files.createFile(target.resolve("peft-25.jsa"));
    assertThat(run(0, "plan")).noneMatch(option -> option.startsWith("-XX:SharedArchiveFile"));
    Files.createFile(target.resolve("peft-17.jsa"));
    assertThat(run(0, "plan")).contains("-XX:SharedArchiveFile=" + target + "/peft-17.jsa");
  }

  @Test
  void theNewestOfSeveralVersionsRuns() throws Exception {
    jar("peft-cli-0.9.jar", 5);
    jar("peft-cli-0.10.jar", 3);
    jar("peft-cli-0.10-SNAPSHOT.jar", 9);

    assertThat(classPath()).startsWith(target + "/peft-cli-0.10.jar:");
  }

  @Test
  void sparksJarAloneIsNoCommand() throws Exception {
    jar("peft-cli-0.1-spark.jar", 0);

    assertThat(run(1, "plan")).singleElement().asString().contains("not built yet. Run: (cd ");
  }

  /** From Java 25 on, where the weights that a command trains on have 4 bits. */
  @Test
  void vectorInstructionsAreAskedForWhereTheyPay() throws Exception {
    jar("peft-cli-0.1.jar", 0);
    Files.writeString(
        java.resolve("bin/java"),
        "#!/bin/sh\nif [ \"$1\" = --list-modules ]; then echo jdk.incubator.vector@25; fi\n"
            + "printf '%s\\n' \"$@\"\n");
    Files.writeString(
        home.resolve("config.json"),
        "{\"quantization_config\": {\"bnb_4bit_quant_type\": \"nf4\"}}");

    assertThat(vectors("generate", "--model", "m")).isTrue();
    assertThat(vectors("train", "--quantization", "nf4")).isFalse();

    Files.writeString(java.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    assertThat(vectors("train", "--quantization", "nf4")).isTrue();
    assertThat(vectors("eval", "--quantization=fp4", "--data", "d")).isTrue();
    assertThat(vectors("train", "--model", home.toString())).isTrue();
    assertThat(vectors("train", "--model=" + home)).isTrue();
    assertThat(vectors("train", "-m", home.toString())).isTrue();
    assertThat(vectors("train", "--model", home + "/none", "--quantization", "int8")).isFalse();
    assertThat(vectors("train", "--help", "--quantization", "nf4")).isFalse();
    assertThat(vectors("plan", "--quantization", "nf4")).isFalse();
  }

  private boolean vectors(String... arguments) throws Exception {
    return run(0, arguments).contains("jdk.incubator.vector");
  }
}
