package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.config.FieldRole;
import picocli.CommandLine.Option;

/**
 * The adapter that {@code peft train} trains: a saved one, or a new one from a config or options.
 */
public final class AdapterOptions {
  @Option(
      names = "--method",
      paramLabel = "NAME",
      description =
          "Method of a new adapter, a peft_type in upper or lower case: lora, ia3,"
              + " prompt-tuning … (default: lora).")
  public Optional<String> method = Optional.empty();

  @Option(
      names = {"-r", "--rank"},
      paramLabel = "R",
      description = "Rank of each adapter matrix (default: 8).")
  public Optional<Integer> rank = Optional.empty();

  @Option(
      names = "--alpha",
      paramLabel = "A",
      description = "Scale the adapter's output by A/R (default: 8).")
  public Optional<Double> alpha = Optional.empty();

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description = "Probability that an input of the adapter is dropped in training (default: 0).")
  public Optional<Double> dropout = Optional.empty();

  @Option(
      names = "--virtual-tokens",
      paramLabel = "N",
      description = "Length of a prompt or prefix; those methods require it.")
  public Optional<Integer> virtualTokens = Optional.empty();

  @Option(
      names = "--init-text",
      paramLabel = "TEXT",
      description =
          "Start a prompt with the embeddings of this text's tokens, cut or repeated to its length"
              + " (default: random).")
  public Optional<String> initText = Optional.empty();

  @Option(
      names = {"-t", "--target"},
      paramLabel = "MODULES",
      description =
          "Modules to adapt: names from 'peft inspect', such as q_proj,v_proj; or all-linear; or"
              + " all-adaptable, with heads and embeddings; or regex:… for whole paths (default:"
              + " the usual modules for the type of model).")
  public Optional<String> target = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "FIELD=VALUE",
      description =
          "Any other field of adapter_config.json, as JSON: --set use_rslora=true --set"
              + " layers_to_transform=[0,1]. Repeatable; 'peft train --help' lists the fields of"
              + " each method.")
  public Map<String, String> fields = new LinkedHashMap<>();

  @Option(
      names = "--adapter-config",
      paramLabel = "FILE",
      description = "adapter_config.json of a new adapter, instead of the options above.")
  public Optional<Path> config = Optional.empty();

  @Option(
      names = {"-a", "--adapter"},
      paramLabel = "DIR",
      description = "Continue training this adapter, with its own config and maybe --dropout.")
  public Optional<Path> adapter = Optional.empty();

  /** The option that sets the field with that role, whatever a method calls it. */
  public static Optional<String> option(FieldRole role) {
    return switch (role) {
      case RANK -> Optional.of("--rank");
      case ALPHA -> Optional.of("--alpha");
      case DROPOUT -> Optional.of("--dropout");
      case VIRTUAL_TOKENS -> Optional.of("--virtual-tokens");
      case INIT_TEXT -> Optional.of("--init-text");
      case TRAINING_STEPS -> Optional.of("--steps");
      case INIT, TASKS -> Optional.empty();
    };
  }

  /** A contradiction between the options, if there is one. */
  public Optional<String> contradiction() {
    if (adapter.isPresent() && (config.isPresent() || describesAdapter())) {
      return Optional.of(
          "--adapter continues with a saved adapter's own config, but for --dropout; leave out"
              + " --adapter-config and the options of a new adapter");
    }
    if (config.isPresent() && (describesAdapter() || dropout.isPresent())) {
      return Optional.of(
          "--adapter-config describes the whole adapter; leave out --method, --rank, --alpha, --dropout,"
              + " --virtual-tokens, --init-text, --target and --set");
    }
    return Optional.empty();
  }

  /** Whether any option but dropout, which may change, describes a new adapter. */
  private boolean describesAdapter() {
    return method.isPresent()
        || rank.isPresent()
        || alpha.isPresent()
        || virtualTokens.isPresent()
        || initText.isPresent()
        || target.isPresent()
        || !fields.isEmpty();
  }
}
