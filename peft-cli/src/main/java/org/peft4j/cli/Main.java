package org.peft4j.cli;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Objects;
import java.util.Optional;
import org.peft4j.cli.options.TerminalWriter;
import org.peft4j.cli.runfile.RunArguments;
import org.peft4j.cli.train.MethodOptions;
import org.peft4j.cli.train.TrainCommand;
import org.peft4j.cli.workers.WorkerEntry;
import org.peft4j.cli.workers.WorkerLaunch;
import org.peft4j.cli.workers.WorkerSeat;
import org.peft4j.error.PeftException;
import picocli.CommandLine;

/**
 * The {@code peft} command. Exit status: 0 done, 1 an error (explained in one line), 2 wrong usage.
 */
public final class Main {
  private Main() {}

  /** Runs the command and ends the JVM with its exit status. */
  public static void main(String[] args) {
    // JavaCPP would warn on the terminal that OpenBLAS was built for another version of it.
    System.setProperty("org.bytedeco.javacpp.logger", "slf4j");
    // The terminal's charset; before Java 19 a writer's default may be another.
    Charset charset = Charset.forName(System.getProperty("stdout.encoding", nativeCharset()));
    PrintWriter out = new PrintWriter(System.out, true, charset);
    PrintWriter err = new PrintWriter(System.err, true, charset);
    System.exit(
        WorkerEntry.isHere()
            ? WorkerEntry.run(Main::run, out, err, args)
            : run(out, err, Optional.empty(), args));
  }

  private static String nativeCharset() {
    return System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name());
  }

  /** Runs the command in this JVM and returns its exit status. */
  static int run(PrintWriter terminal, PrintWriter errors, String... args) {
    return run(terminal, errors, Optional.empty(), args);
  }

  /**
   * The same as one of several workers.
   *
   * @param seat this one's; empty for a command that is no worker
   */
  static int run(
      PrintWriter terminal, PrintWriter errors, Optional<WorkerSeat> seat, String... args) {
    PrintWriter out = new TerminalWriter(new PlainWriter(terminal), terminal);
    PrintWriter err = new PrintWriter(new PlainWriter(errors), true);
    CommandLine command =
        new CommandLine(new PeftCommand(), new Commands(seat))
            .setOut(out)
            .setErr(err)
            .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpWidth(100)
            .setExecutionStrategy(new Repeats())
            .setExecutionExceptionHandler(new Failures())
            .setParameterExceptionHandler(new WrongUsage());
    try {
      CommandLine train = Objects.requireNonNull(command.getSubcommands().get("train"));
      MethodOptions.addTo(train);
      return command.execute(RunArguments.expand(train, args));
    } catch (PeftException e) {
      return Failures.report(e, "peft train", command);
    } catch (LinkageError | OutOfMemoryError e) {
      return Failures.report(e, "peft", command);
    } finally {
      out.flush();
      err.flush();
    }
  }

  /** Makes the commands; that which trains may be one of several workers, or start them. */
  private record Commands(Optional<WorkerSeat> seat) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == TrainCommand.class) {
        return type.cast(new TrainCommand(seat, new WorkerLaunch(Main.class.getName(), Main::run)));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
