package org.peft4j.cli.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.PeftMethod;
import org.peft4j.method.TrainingOption;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/** The training options of the methods on the class path, as options of {@code peft train}. */
public final class MethodOptions {
  private static final String HELP = "methods";

  private final Map<TrainingOption, Double> given;

  MethodOptions(Map<TrainingOption, Double> given) {
    this.given = given;
  }

  private static Map<String, TrainingOption> all() {
    Map<String, TrainingOption> options = new TreeMap<>();
    for (PeftMethod<?> method : Methods.all().values()) {
      method.trainingOptions().forEach(option -> options.put("--" + option.name(), option));
    }
    return options;
  }

  /** Adds the options to a command, and a section of help for each method. */
  public static void addTo(CommandLine command) {
    command.getHelpSectionMap().put(HELP, MethodHelp::text);
    List<String> sections = new ArrayList<>(command.getHelpSectionKeys());
    sections.add(sections.indexOf(UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST_HEADING), HELP);
    command.setHelpSectionKeys(sections);
    all()
        .forEach(
            (name, option) ->
                command
                    .getCommandSpec()
                    .addOption(
                        OptionSpec.builder(name)
                            .paramLabel("X")
                            .type(Double.class)
                            // Its method's section describes it.
                            .hidden(true)
                            .description(option.help())
                            .build()));
  }

  /** The options given on the command line. */
  static MethodOptions given(CommandLine command) {
    ParseResult parsed = command.getParseResult();
    Map<TrainingOption, Double> given = new LinkedHashMap<>();
    all()
        .forEach(
            (name, option) -> {
              Double value = parsed.matchedOptionValue(name, null);
              if (value != null) {
                given.put(option, value);
              }
            });
    return new MethodOptions(given);
  }

  /**
   * The parameter groups for an adapter; empty if no option is given.
   *
   * @throws PeftException if the adapter's method has no such option, or several are given: each
   *     sets the learning rates of all tensors
   */
  Optional<ParameterGroups> groups(PeftConfig config, double weightDecay) {
    Optional<ParameterGroups> groups = Optional.empty();
    if (given.size() > 1) {
      throw new PeftException(
          given.keySet().stream()
                  .map(option -> "--" + option.name())
                  .collect(Collectors.joining(" and "))
              + " both set the learning rates of the tensors; give one of them.");
    }
    for (Map.Entry<TrainingOption, Double> entry : given.entrySet()) {
      TrainingOption option = entry.getKey();
      if (!Methods.of(config).trainingOptions().contains(option)) {
        throw new PeftException(
            "--%s is for %s; the adapter's method is %s."
                .formatted(option.name(), methodsWith(option), config.peftType()));
      }
      groups = Optional.of(option.effect().groups(entry.getValue(), weightDecay));
    }
    return groups;
  }

  private static String methodsWith(TrainingOption option) {
    return Methods.all().values().stream()
        .filter(method -> method.trainingOptions().contains(option))
        .map(PeftMethod::peftType)
        .collect(Collectors.joining(", "));
  }
}
