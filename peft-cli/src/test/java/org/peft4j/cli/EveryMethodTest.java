package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.method.PeftMethod;

/** Every method on the class path, as a user of the command meets it. */
class EveryMethodTest {
  /** With biases, which BitFit needs. */
  private static final Path MODEL = Run.GOLDEN.resolve("bases/llama_biases");

  /** What a method does not go without. */
  private static final Map<String, List<Object>> NEEDED =
      Map.of(
          "TRAINABLE_TOKENS",
              List.of("--set", "token_indices=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"),
          "PROMPT_TUNING", List.of("--virtual-tokens", 3),
          "P_TUNING", List.of("--virtual-tokens", 3),
          "PREFIX_TUNING", List.of("--virtual-tokens", 3),
          "MULTITASK_PROMPT_TUNING", List.of("--virtual-tokens", 3, "--set", "num_tasks=2"));

  /** Methods that change no weight. */
  private static final List<String> NOT_MERGED =
      List.of(
          "BOTTLENECK", "PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "MULTITASK_PROMPT_TUNING");

  private final Path folder;

  EveryMethodTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static Stream<String> methods() {
    return ServiceLoader.load(PeftMethod.class).stream().map(each -> each.get().peftType());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whatTrainSaysIsWhatPlanSaidAndWhatEvalFindsInTheSavedAdapter(String method) {
    Path adapter = folder.resolve("adapter");
    List<Object> task = method.startsWith("MULTITASK") ? List.of("--task", 1) : List.of();
    List<Object> made = with(List.of("--method", method.toLowerCase(Locale.ROOT)), needed(method));

    Run planned = run(List.of("plan", MODEL), made);
    Run trained =
        run(
            List.of("train", "-m", MODEL, "-d", Run.INPUTS, "-o", adapter, "--eval", Run.INPUTS),
            List.of("--steps", 2, "--learning-rate", 0.01),
            made,
            task);
    Run evaluated = run(List.of("eval", "-m", MODEL, "-a", adapter, "-d", Run.INPUTS), task);
    Run base = run(List.of("eval", "-m", MODEL, "-d", Run.INPUTS));

    assertThat(found(trained, "trainable params: .*"))
        .isEqualTo(found(planned, "trainable params: .*"));
    assertThat(found(trained, "evaluation after step 2: loss ([0-9.]+)"))
        .isEqualTo(found(evaluated, "loss: ([0-9.]+)"))
        .isNotEqualTo(found(base, "loss: ([0-9.]+)"));
    assertThat(run(List.of("inspect", adapter)).out()).contains(method);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void itMergesOrSaysWhyNot(String method) {
    Path adapter = folder.resolve("adapter");
    run(
        List.of("train", "-m", MODEL, "-d", Run.INPUTS, "-o", adapter, "--steps", 1),
        List.of("--method", method),
        needed(method),
        method.startsWith("MULTITASK") ? List.of("--task", 0) : List.of());

    Run merged = Run.of("merge", "-m", MODEL, "-a", adapter, "-o", folder.resolve("merged"));

    if (NOT_MERGED.contains(method)) {
      assertThat(merged.status()).isEqualTo(1);
      assertThat(merged.err()).contains("cannot be merged").hasLineCount(1);
      assertThat(folder.resolve("merged")).doesNotExist();
    } else {
      assertThat(merged.status()).as(merged.err()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void fieldsOfTheWrongTypeAreRefusedInOptionsAndFiles(String method) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(
        file,
        JsonMapper.builder()
            .build()
            .writeValueAsString(Map.of("peft_type", method, "modules_to_save", 5)));
    String message = "modules_to_save is 5; allowed: a list of texts";

    Run option = Run.of("plan", MODEL, "--method", method, "--set", "modules_to_save=5");
    Run config = Run.of("plan", MODEL, "--adapter-config", file);

    assertThat(option.err()).contains(message).hasLineCount(1);
    assertThat(config.err()).contains(message, file.toString()).hasLineCount(1);
  }

  /** What a method does not go without. */
  static List<Object> needed(String method) {
    return NEEDED.getOrDefault(method, List.of());
  }

  @SafeVarargs
  private static List<Object> with(List<Object>... parts) {
    List<Object> all = new ArrayList<>();
    List.of(parts).forEach(all::addAll);
    return all;
  }

  @SafeVarargs
  private static Run run(List<Object>... parts) {
    Run run = Run.of(with(parts).toArray());
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  private static String found(Run run, String pattern) {
    MatchResult match =
        Pattern.compile(pattern).matcher(run.out()).results().findFirst().orElseThrow();
    return match.group(Math.min(1, match.groupCount()));
  }
}
