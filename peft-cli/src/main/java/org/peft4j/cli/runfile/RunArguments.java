package org.peft4j.cli.runfile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.runfile.RunFile.Value;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Puts the options of a run's file before those of the command line, which take precedence. */
public final class RunArguments {
  static final String OPTION = "--config";

  /** Options that say nothing of a run. */
  static final Set<String> OUTSIDE =
      Set.of(OPTION, "--print-config", "--help", "--version", "--debug", "--threads");

  private final CommandLine command;
  private final List<String> given;

  private RunArguments(CommandLine command, List<String> given) {
    this.command = command;
    this.given = given;
  }

  /**
   * The arguments with those of the file that {@code --config} names; the same ones without it.
   *
   * @param command a subcommand that has the option
   * @throws PeftException if the file cannot be read, or has a name that is no option
   */
  public static String[] expand(CommandLine command, String... arguments) {
    int name = Arrays.asList(arguments).indexOf(command.getCommandName());
    boolean first =
        name >= 0
            && Arrays.stream(arguments, 0, name)
                .noneMatch(
                    each -> !each.startsWith("-") && !each.chars().allMatch(Character::isDigit));
    if (!first) {
      return arguments;
    }
    List<String> all = Arrays.asList(arguments);
    RunArguments run = new RunArguments(command, all.subList(name + 1, all.size()));
    List<String> result = new ArrayList<>(all.subList(0, name + 1));
    run.file().ifPresent(file -> result.addAll(run.ofFile(file)));
    result.addAll(run.given);
    return result.toArray(String[]::new);
  }

  /** The file of the last {@code --config}. */
  private Optional<Path> file() {
    Optional<Path> file = Optional.empty();
    OptionSpec option = command.getCommandSpec().findOption(OPTION);
    for (int i = 0; i < given.size(); i++) {
      if (option != null && option.equals(option(given.get(i)))) {
        String argument = given.get(i);
        int equals = argument.indexOf('=');
        if (equals > 0) {
          file = Optional.of(Path.of(argument.substring(equals + 1)));
        } else if (i + 1 < given.size()) {
          file = Optional.of(Path.of(given.get(i + 1)));
        }
      }
    }
    return file;
  }

  private List<String> ofFile(Path file) {
    Set<OptionSpec> named = new HashSet<>();
    given.forEach(
        argument -> {
          OptionSpec option = option(argument);
          if (option != null) {
            named.add(option);
          }
        });
    List<String> arguments = new ArrayList<>();
    RunFile.read(file)
        .forEach(
            (name, value) -> {
              OptionSpec option = option(file, name);
              if (!named.contains(option)) {
                arguments.addAll(arguments(file, option, value));
              }
            });
    return arguments;
  }

  /** The option that an argument gives; null if it gives none. */
  private @Nullable OptionSpec option(String argument) {
    if (!argument.startsWith("-")) {
      return null;
    }
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument : argument.substring(0, equals);
    OptionSpec option = command.getCommandSpec().findOption(name);
    boolean attached = option == null && !name.startsWith("--") && name.length() > 2;
    return attached ? command.getCommandSpec().findOption(name.substring(0, 2)) : option;
  }

  private OptionSpec option(Path file, String name) {
    OptionSpec option = command.getCommandSpec().findOption("--" + name);
    if (option == null || OUTSIDE.contains("--" + name)) {
      if (name.equals("peft_type")) {
        throw new PeftException(
            file + " is the config of an adapter; give it with --adapter-config.");
      }
      List<String> names =
          command.getCommandSpec().options().stream()
              .map(OptionSpec::longestName)
              .filter(each -> !OUTSIDE.contains(each))
              .map(each -> each.substring(2))
              .collect(Collectors.toList());
      throw new PeftException(
          "%s: %s is no option of a run. %s"
              .formatted(file, Quoted.quoted(name), NearestNames.sentence(name, names))
              .strip());
    }
    return option;
  }

  private static List<String> arguments(Path file, OptionSpec option, Value value) {
    String name = option.longestName();
    if (option.arity().max() == 0) {
      String text = value.texts().size() == 1 && !value.list() ? value.texts().get(0) : "";
      return switch (text) {
        case "true" -> List.of(name);
        case "false" -> List.of();
        default ->
            throw new PeftException(
                "%s: %s is a flag; needed: true or false.".formatted(file, name.substring(2)));
      };
    }
    List<String> named =
        value.named().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
    List<String> all = new ArrayList<>(value.texts());
    all.addAll(named);
    if (option.isMultiValue()) {
      return all.stream().map(each -> name + "=" + each).toList();
    }
    return List.of(name + "=" + String.join(",", all));
  }
}
